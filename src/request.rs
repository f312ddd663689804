//! Checks what a caller asks for against what the file is, and makes a plan of it. This is pure: it makes no system call and
//! knows no JavaScript. The order of the checks is that of Python's `mmap.mmap()` on Unix, plus the portable granularity
//! check, which comes after the size checks and before the system is asked.

use std::fmt;

/// What may be done to the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    /// Writable, private: the file never changes.
    Copy,
}

/// `prot` and `flags` as the Unix caller gave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw {
    pub prot: i32,
    pub flags: i32,
}

/// What a caller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `None`: Python's default, read and write, shared.
    pub access: Option<Access>,
    pub raw: Option<Raw>,
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Bytes; 0 means to the end of the file.
    pub length: u64,
    /// What `open` allows and the constructor does not: any offset (the bytes before it in its page are hidden), an empty
    /// file, and a length beyond the end of the file, which becomes longer.
    pub lenient: bool,
    /// Whether faults are survived.
    pub guard: bool,
}

/// What stands behind the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Anonymous,
    /// A regular file, or a device whose size is known.
    Sized(u64),
    /// Anything else. Its size means nothing, so the system decides what can be mapped.
    Unsized,
}

/// What differs from system to system.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Offsets of a mapping are multiples of this.
    pub granularity: u64,
    /// Windows: a writable mapping beyond the end of the file makes the file longer.
    pub extends: bool,
    /// Flags that are refused, since they kill the process or corrupt memory of others.
    pub refused_flags: &'static [(&'static str, i32)],
    /// PROT_READ and PROT_WRITE.
    pub prot_read: i32,
    pub prot_write: i32,
    /// What `prot` and `flags` are if the caller gives none.
    pub default_raw: Raw,
}

/// What the system will be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the mapping allows.
    pub access: Access,
    /// The caller's own `prot` and `flags`. `None`: those that `access` stands for.
    pub raw: Option<Raw>,
    /// A multiple of the granularity.
    pub file_offset: u64,
    /// Bytes between `file_offset` and the first byte that the caller sees.
    pub slack: usize,
    /// Bytes that the caller sees. 0 is possible for `open` only.
    pub length: usize,
    /// The size that the file must be given before it is mapped.
    pub extend_to: Option<u64>,
    /// Whether faults are survived.
    pub guard: bool,
}

/// Why a request cannot be met. The text is what the JavaScript caller reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    AccessWithRaw,
    Flag { name: &'static str, flags: i32 },
    Unreadable { prot: i32 },
    EmptyFile,
    OffsetPastEnd { offset: u64, size: u64 },
    LengthPastEnd { length: u64, offset: u64, size: u64 },
    NoLength,
    TooLong { length: u64 },
    Misaligned { offset: u64, granularity: u64 },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessWithRaw => {
                write!(f, "The option \"access\" cannot be combined with \"prot\" or \"flags\"")
            }
            Self::Flag { name, flags } => {
                write!(
                    f,
                    "The option \"flags\" must not contain {name}, which is unsafe here. Received {flags}"
                )
            }
            Self::Unreadable { prot } => {
                write!(f, "The option \"prot\" must contain PROT_READ. Received {prot}")
            }
            Self::EmptyFile => {
                write!(
                    f,
                    "An empty file cannot be mapped with length 0 (Mmap.open() gives an object of length 0)"
                )
            }
            Self::OffsetPastEnd { offset, size } => {
                write!(
                    f,
                    "The value of \"offset\" is out of range. It must be less than the size of the file, {size}. Received {offset}"
                )
            }
            Self::LengthPastEnd { length, offset, size } => write!(
                f,
                "The value of \"length\" is out of range. It must be <= {} (the file has {size} bytes, offset is {offset}). Received {length}",
                size.saturating_sub(*offset)
            ),
            Self::NoLength => {
                write!(
                    f,
                    "The value of \"length\" is out of range. It must be >= 1, since there is no file whose end is known. Received 0"
                )
            }
            Self::TooLong { length } => write!(
                f,
                "The value of \"length\" is out of range. It must be <= {} on this system. Received {length}",
                isize::MAX
            ),
            Self::Misaligned { offset, granularity } => {
                let below = offset - offset % granularity;
                write!(
                    f,
                    "The value of \"offset\" is out of range. It must be a multiple of ALLOCATIONGRANULARITY ({granularity}), the nearest are {below} and {}. Received {offset}",
                    below.saturating_add(*granularity)
                )
            }
        }
    }
}

impl Request {
    /// The checks that need no file. They come before the file is opened or looked at.
    pub fn check_flags(&self, system: &System) -> Result<(), Refusal> {
        let Some(raw) = self.raw else { return Ok(()) };
        if self.access.is_some() && raw != system.default_raw {
            return Err(Refusal::AccessWithRaw);
        }
        if let Some((name, _)) = system.refused_flags.iter().find(|(_, bit)| raw.flags & bit == *bit) {
            return Err(Refusal::Flag { name, flags: raw.flags });
        }
        if raw.prot & system.prot_read == 0 {
            return Err(Refusal::Unreadable { prot: raw.prot });
        }
        Ok(())
    }

    /// The access that results from `access`, or else from `prot`.
    pub fn effective_access(&self, system: &System) -> Access {
        match (self.access, self.raw) {
            (Some(access), _) => access,
            (None, Some(raw)) if raw.prot & system.prot_write == 0 => Access::Read,
            _ => Access::Write,
        }
    }

    /// All checks. The answer is what the system will be asked for.
    pub fn plan(&self, source: Source, system: &System) -> Result<Plan, Refusal> {
        self.check_flags(system)?;
        let access = self.effective_access(system);
        let (length, extend_to) = match source {
            Source::Sized(size) => self.fit(size, access, system)?,
            Source::Anonymous if self.length == 0 => return Err(Refusal::NoLength),
            Source::Unsized if self.length == 0 && self.lenient => return Err(Refusal::NoLength),
            _ => (self.length, None),
        };
        let slack = self.offset % system.granularity;
        if slack != 0 && !self.lenient {
            return Err(Refusal::Misaligned { offset: self.offset, granularity: system.granularity });
        }
        let whole = length.checked_add(slack).filter(|whole| isize::try_from(*whole).is_ok());
        if whole.is_none() {
            return Err(Refusal::TooLong { length });
        }
        Ok(Plan {
            access,
            raw: self.raw.filter(|_| self.access.is_none()),
            file_offset: self.offset - slack,
            slack: slack as usize,
            length: length as usize,
            extend_to,
            guard: self.guard,
        })
    }

    /// The length to map of a file of `size` bytes, and the size that the file must be given first.
    fn fit(&self, size: u64, access: Access, system: &System) -> Result<(u64, Option<u64>), Refusal> {
        let Self { offset, length, .. } = *self;
        if length == 0 {
            return match size.checked_sub(offset) {
                Some(0) | None if size == 0 && !self.lenient => Err(Refusal::EmptyFile),
                Some(0) if !self.lenient => Err(Refusal::OffsetPastEnd { offset, size }),
                Some(rest) => Ok((rest, None)),
                None => Err(Refusal::OffsetPastEnd { offset, size }),
            };
        }
        if size.checked_sub(offset).is_some_and(|rest| length <= rest) {
            return Ok((length, None));
        }
        let grows = access == Access::Write && (self.lenient || system.extends);
        match offset.checked_add(length) {
            Some(end) if grows => Ok((length, Some(end))),
            _ => Err(Refusal::LengthPastEnd { length, offset, size }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIX: System = System {
        granularity: 4096,
        extends: false,
        refused_flags: &[("MAP_FIXED", 0x10), ("MAP_HUGETLB", 0x40000)],
        prot_read: 1,
        prot_write: 2,
        default_raw: Raw { prot: 3, flags: 1 },
    };
    const WINDOWS: System = System { granularity: 65536, extends: true, ..UNIX };

    fn ask(offset: u64, length: u64) -> Request {
        Request { access: None, raw: None, offset, length, lenient: false, guard: true }
    }

    fn open(offset: u64, length: u64, access: Access) -> Request {
        Request { access: Some(access), raw: None, offset, length, lenient: true, guard: true }
    }

    fn kind(refusal: &Refusal) -> &'static str {
        match refusal {
            Refusal::AccessWithRaw | Refusal::Flag { .. } | Refusal::Unreadable { .. } => "invalid",
            Refusal::EmptyFile => "empty",
            Refusal::OffsetPastEnd { .. } | Refusal::Misaligned { .. } => "offset",
            Refusal::LengthPastEnd { .. } | Refusal::NoLength | Refusal::TooLong { .. } => "range",
        }
    }

    fn answer(
        request: Request,
        source: Source,
        system: &System,
    ) -> Result<(usize, usize, Option<u64>), &'static str> {
        match request.plan(source, system) {
            Ok(plan) => {
                assert_eq!(plan.file_offset + plan.slack as u64, request.offset);
                assert_eq!(plan.file_offset % system.granularity, 0);
                Ok((plan.length, plan.slack, plan.extend_to))
            }
            Err(refusal) => Err(kind(&refusal)),
        }
    }

    #[test]
    fn the_constructor_as_a_table() {
        use Source::{Anonymous, Sized, Unsized};
        let table: &[(u64, u64, Source, Result<usize, &str>)] = &[
            (0, 4096, Anonymous, Ok(4096)),
            (0, 0, Anonymous, Err("range")),
            (4096, 10, Anonymous, Ok(10)),
            (1, 10, Anonymous, Err("offset")),
            (0, 0, Sized(0), Err("empty")),
            (4096, 0, Sized(0), Err("empty")),
            (0, 1, Sized(0), Err("range")),
            (0, 0, Sized(10), Ok(10)),
            (0, 10, Sized(10), Ok(10)),
            (0, 11, Sized(10), Err("range")),
            (10, 0, Sized(10), Err("offset")),
            (4096, 0, Sized(10), Err("offset")),
            (4096, 0, Sized(8192), Ok(4096)),
            (4096, 4097, Sized(8192), Err("range")),
            // Size checks come before the granularity check, in both directions.
            (1, 10, Sized(10), Err("range")),
            (1, 9, Sized(10), Err("offset")),
            (0, u64::MAX, Sized(10), Err("range")),
            (0, 0, Sized(1 << 40), Ok(1 << 40)),
            (1 << 32, 0, Sized((1 << 32) + 7), Ok(7)),
            (0, 0, Unsized, Ok(0)),
            (0, 10, Unsized, Ok(10)),
            (0, u64::MAX, Anonymous, Err("range")),
        ];
        for (offset, length, source, expected) in table {
            let got = answer(ask(*offset, *length), *source, &UNIX).map(|(length, _, _)| length);
            assert_eq!(got, *expected, "offset {offset}, length {length}, {source:?}");
        }
    }

    #[test]
    fn windows_extends_a_file_that_is_mapped_for_writing() {
        assert_eq!(answer(ask(0, 11), Source::Sized(10), &WINDOWS), Ok((11, 0, Some(11))));
        let read = Request { access: Some(Access::Read), ..ask(0, 11) };
        assert_eq!(answer(read, Source::Sized(10), &WINDOWS), Err("range"));
        let message = ask(4096, 10).plan(Source::Sized(1 << 20), &WINDOWS).unwrap_err().to_string();
        assert!(message.contains("0 and 65536"), "{message}");
    }

    #[test]
    fn open_takes_any_offset_an_empty_file_and_a_longer_length() {
        assert_eq!(answer(open(100, 0, Access::Read), Source::Sized(300), &UNIX), Ok((200, 100, None)));
        assert_eq!(answer(open(5000, 10, Access::Read), Source::Sized(9000), &UNIX), Ok((10, 904, None)));
        assert_eq!(answer(open(0, 0, Access::Read), Source::Sized(0), &UNIX), Ok((0, 0, None)));
        assert_eq!(answer(open(7, 0, Access::Read), Source::Sized(7), &UNIX), Ok((0, 7, None)));
        assert_eq!(answer(open(8, 0, Access::Read), Source::Sized(7), &UNIX), Err("offset"));
        assert_eq!(answer(open(1, 0, Access::Read), Source::Sized(0), &UNIX), Err("offset"));
        assert_eq!(answer(open(0, 9, Access::Read), Source::Sized(7), &UNIX), Err("range"));
        assert_eq!(answer(open(0, 9, Access::Copy), Source::Sized(7), &UNIX), Err("range"));
        assert_eq!(answer(open(3, 9, Access::Write), Source::Sized(7), &UNIX), Ok((9, 3, Some(12))));
        assert_eq!(answer(open(0, 0, Access::Read), Source::Unsized, &UNIX), Err("range"));
    }

    #[test]
    fn flags_are_checked_before_sizes() {
        let raw = |prot, flags| Request { raw: Some(Raw { prot, flags }), ..ask(0, 11) };
        let code = |request: Request| answer(request, Source::Sized(10), &UNIX).unwrap_err();
        assert_eq!(code(raw(3, 0x11)), "invalid");
        assert_eq!(code(raw(2, 1)), "invalid");
        assert_eq!(code(raw(0, 1)), "invalid");
        assert_eq!(code(Request { access: Some(Access::Read), ..raw(3, 2) }), "invalid");
        // Exactly the defaults beside an access are accepted, as in Python.
        assert_eq!(code(Request { access: Some(Access::Read), ..raw(3, 1) }), "range");
        assert_eq!(code(raw(1, 1)), "range");
    }

    #[test]
    fn prot_decides_what_is_remembered() {
        let remembered =
            |prot| Request { raw: Some(Raw { prot, flags: 2 }), ..ask(0, 1) }.effective_access(&UNIX);
        assert_eq!(remembered(1), Access::Read);
        assert_eq!(remembered(5), Access::Read);
        assert_eq!(remembered(3), Access::Write);
        assert_eq!(ask(0, 1).effective_access(&UNIX), Access::Write);
    }
}
