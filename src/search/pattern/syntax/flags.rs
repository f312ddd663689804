use oxc_regular_expression::ast::{Modifier, Modifiers};

use crate::search::pattern::error::PatternError;

/// The flags of a RegExp, or those that hold inside a group with modifiers, `(?i-s:...)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    pub indices: bool,
    pub global: bool,
    pub ignore_case: bool,
    pub multiline: bool,
    pub dot_all: bool,
    pub unicode: bool,
    pub sets: bool,
    pub sticky: bool,
}

impl Flags {
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let invalid = || {
            PatternError::whole(format!(
                "invalid flags '{text}': each of dgimsuvy at most once, not u with v"
            ))
        };
        let mut flags = Self::default();
        for flag in text.chars() {
            let field = match flag {
                'd' => &mut flags.indices,
                'g' => &mut flags.global,
                'i' => &mut flags.ignore_case,
                'm' => &mut flags.multiline,
                's' => &mut flags.dot_all,
                'u' => &mut flags.unicode,
                'v' => &mut flags.sets,
                'y' => &mut flags.sticky,
                _ => return Err(invalid()),
            };
            if *field {
                return Err(invalid());
            }
            *field = true;
        }
        if flags.unicode && flags.sets { Err(invalid()) } else { Ok(flags) }
    }

    /// Whether the pattern matches code points in UTF-8, not bytes: `u` or `v`.
    pub fn code_points(&self) -> bool {
        self.unicode || self.sets
    }

    /// The flags that hold inside a group with these modifiers.
    pub fn modified(mut self, modifiers: &Modifiers) -> Self {
        for (modifier, field) in [
            (Modifier::I, &mut self.ignore_case),
            (Modifier::M, &mut self.multiline),
            (Modifier::S, &mut self.dot_all),
        ] {
            *field =
                (*field || modifiers.enabling.contains(modifier)) && !modifiers.disabling.contains(modifier);
        }
        self
    }
}
