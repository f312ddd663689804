use regex_syntax::ast::{self, Ast, Position, Span};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Class, HirKind};

use super::*;

/// A set of the library's, whose tables only tests have.
fn library(kind: Kind, name: &str) -> ClassUnicode {
    let named = |property: &str| ast::ClassUnicodeKind::NamedValue {
        op: ast::ClassUnicodeOpKind::Equal,
        name: property.to_owned(),
        value: name.to_owned(),
    };
    let kind = match kind {
        Kind::Category => named("General_Category"),
        Kind::Script => named("Script"),
        Kind::ScriptExtensions => named("Script_Extensions"),
        Kind::Binary => ast::ClassUnicodeKind::Named(name.to_owned()),
    };
    let span = Span::splat(Position::new(0, 1, 1));
    let ast = Ast::class_unicode(ast::ClassUnicode { span, negated: false, kind });
    match Translator::new().translate("", &ast).unwrap().into_kind() {
        HirKind::Class(Class::Unicode(set)) => set,
        // A class of one code point has become a literal.
        HirKind::Literal(literal) => {
            let point = str::from_utf8(&literal.0).unwrap().chars().next().unwrap();
            ClassUnicode::new([ClassUnicodeRange::new(point, point)])
        }
        kind => panic!("{kind:?}"),
    }
}

/// The ranges, each cut where the surrogates are.
fn ranges(set: &ClassUnicode) -> Vec<(char, char)> {
    let cut = |range: &ClassUnicodeRange| {
        let (first, last) = (range.start(), range.end());
        if first < '\u{e000}' && last > '\u{d7ff}' {
            vec![(first, '\u{d7ff}'), ('\u{e000}', last)]
        } else {
            vec![(first, last)]
        }
    };
    set.iter().flat_map(cut).collect()
}

const KINDS: [Kind; 4] = [Kind::Category, Kind::Script, Kind::ScriptExtensions, Kind::Binary];

#[test]
fn each_property_is_the_librarys_by_each_name() {
    let mut counts = [0; 4];
    for entry in entries() {
        let kind = KINDS[usize::from(entry.kind)];
        counts[usize::from(entry.kind)] += 1;
        for name in str::from_utf8(entry.names).unwrap().split(' ') {
            let (ours, theirs) = (property(kind, name).unwrap(), library(kind, name));
            assert!(!theirs.ranges().is_empty(), "{kind:?} {name}");
            assert_eq!(ranges(&ours), ranges(&theirs), "{kind:?} {name}");
        }
    }
    // Unicode 16: 29 categories and 8 groups of them; 168 scripts, Common and Inherited.
    assert_eq!(counts, [37, 170, 170, 49]);
}

#[test]
fn names_of_ecmascript_are_known() {
    let binary = "ASCII_Hex_Digit AHex Alphabetic Alpha Bidi_Control Bidi_C Bidi_Mirrored Bidi_M Case_Ignorable CI \
        Cased Changes_When_Casefolded CWCF Changes_When_Casemapped CWCM Changes_When_Lowercased CWL \
        Changes_When_Titlecased CWT Changes_When_Uppercased CWU Dash Default_Ignorable_Code_Point DI Deprecated Dep \
        Diacritic Dia Emoji Emoji_Component EComp Emoji_Modifier EMod Emoji_Modifier_Base EBase Emoji_Presentation \
        EPres Extended_Pictographic ExtPict Extender Ext Grapheme_Base Gr_Base Grapheme_Extend Gr_Ext Hex_Digit Hex \
        IDS_Binary_Operator IDSB IDS_Trinary_Operator IDST ID_Continue IDC ID_Start IDS Ideographic Ideo \
        Join_Control Join_C Logical_Order_Exception LOE Lowercase Lower Math Noncharacter_Code_Point NChar \
        Pattern_Syntax Pat_Syn Pattern_White_Space Pat_WS Quotation_Mark QMark Radical Regional_Indicator RI \
        Sentence_Terminal STerm Soft_Dotted SD Terminal_Punctuation Term Unified_Ideograph UIdeo Uppercase Upper \
        Variation_Selector VS White_Space space XID_Continue XIDC XID_Start XIDS";
    let categories = "Cased_Letter LC Close_Punctuation Pe Connector_Punctuation Pc Control Cc cntrl Currency_Symbol Sc \
        Dash_Punctuation Pd Decimal_Number Nd digit Enclosing_Mark Me Final_Punctuation Pf Format Cf \
        Initial_Punctuation Pi Letter L Letter_Number Nl Line_Separator Zl Lowercase_Letter Ll Mark M Combining_Mark \
        Math_Symbol Sm Modifier_Letter Lm Modifier_Symbol Sk Nonspacing_Mark Mn Number N Open_Punctuation Ps Other C \
        Other_Letter Lo Other_Number No Other_Punctuation Po Other_Symbol So Paragraph_Separator Zp Private_Use Co \
        Punctuation P punct Separator Z Space_Separator Zs Spacing_Mark Mc Symbol S Titlecase_Letter Lt Unassigned \
        Cn Uppercase_Letter Lu";
    let scripts = "Latin Latn Greek Grek Cyrillic Cyrl Han Hani Common Zyyy Inherited Zinh Qaai Coptic Copt Qaac \
        Nyiakeng_Puachue_Hmong Hmnp SignWriting Sgnw Phags_Pa Phag Nko Nkoo Yi Yiii Ol_Onal Onao Garay Gara";
    for (kind, names) in [
        (Kind::Binary, binary),
        (Kind::Category, categories),
        (Kind::Script, scripts),
        (Kind::ScriptExtensions, scripts),
    ] {
        for name in names.split_whitespace() {
            assert_eq!(
                property(kind, name).map(|set| ranges(&set)),
                Some(ranges(&library(kind, name))),
                "{name}"
            );
        }
    }
    assert!(property(Kind::Binary, "Lu").is_none());
    assert!(property(Kind::Category, "Latin").is_none());
}

#[test]
fn each_code_point_folds_as_the_librarys() {
    for point in ('\0'..=char::MAX).take_while(|point| *point < '\u{1f000}').chain(['\u{1f000}', char::MAX]) {
        let mut ours = ClassUnicode::new([ClassUnicodeRange::new(point, point)]);
        let mut theirs = ours.clone();
        fold(&mut ours);
        theirs.case_fold_simple();
        assert_eq!(ours, theirs, "{point:?}");
    }
    let mut beyond = ClassUnicode::new([ClassUnicodeRange::new('\u{1f000}', char::MAX)]);
    let (before, mut theirs) = (beyond.clone(), beyond.clone());
    fold(&mut beyond);
    theirs.case_fold_simple();
    assert_eq!((&beyond, &theirs), (&before, &before));
}
