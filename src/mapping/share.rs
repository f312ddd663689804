//! Tokens: how an object of one thread is attached to the mapping of another.
//!
//! A token says which mapping is meant, by a number that is never used twice in a process, and proves that this process
//! made it, by a keyed hash of the number. It holds nothing: when the last handle is closed the mapping ends, and its number
//! leads nowhere. Nothing in a token is ever used as an address.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Weak};

use super::{Error, Handle, Record, Result};
use crate::request::Access;
use crate::sync::Mutex;

/// The mappings that have a token and are open.
static SHARED: LazyLock<Mutex<HashMap<u64, Weak<Record>>>> = LazyLock::new(Mutex::default);
/// The number of the next one.
static NUMBER: AtomicU64 = AtomicU64::new(1);
/// The keys of the proofs: random, and others in each process.
static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);

fn token(number: u64) -> String {
    let [first, second] = KEYS.each_ref().map(|key| key.hash_one(number));
    format!("{number:x}-{first:016x}{second:016x}")
}

/// The number of a token. `None`: this process has never made it.
fn number(text: &str) -> Option<u64> {
    let number = u64::from_str_radix(text.split_once('-')?.0, 16).ok()?;
    (token(number) == text).then_some(number)
}

/// The mapping of that number has ended.
pub(super) fn forget(number: u64) {
    SHARED.lock().remove(&number);
}

impl Handle {
    /// A token of the mapping. `path`: what an attached object calls the file.
    pub fn share(&self, path: Option<&str>) -> Result<String> {
        let record = self.record()?;
        let share = record.share.get_or_init(|| {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            SHARED.lock().insert(number, Arc::downgrade(record));
            Box::new(Share { number, path: path.map(Into::into) })
        });
        Ok(token(share.number))
    }

    /// Another handle on the mapping of a token.
    pub fn attach(text: &str) -> Result<Self> {
        let Some(number) = number(text) else {
            let shown = text.chars().take(80).collect::<String>();
            let text = format!(
                "The argument \"token\" must be what share() of this copy of memmap has answered in this process. Received '{shown}'"
            );
            return Err(Error::InvalidArgument(text));
        };
        let record = SHARED.lock().get(&number).and_then(Weak::upgrade).ok_or(Error::Closed)?;
        Self::over(record)
    }
}

/// What an attached object has to know.
pub struct Facts<'record> {
    /// Bytes from the start of the file to the first byte of the mapping.
    pub offset: u64,
    pub access: Access,
    /// Whether faults are survived.
    pub guard: bool,
    pub path: Option<&'record str>,
}

impl Record {
    pub fn facts(&self) -> Facts<'_> {
        let plan = &self.source.plan;
        Facts {
            offset: plan.file_offset + plan.slack as u64,
            access: plan.access,
            guard: plan.guard,
            path: self.share.get().and_then(|share| share.path.as_deref()),
        }
    }

    /// Whether a token of the mapping was made, so that several handles may be open.
    pub fn is_shared(&self) -> bool {
        self.share.get().is_some()
    }
}

/// What a record has once it was shared.
pub(super) struct Share {
    pub number: u64,
    pub path: Option<Box<str>>,
}

#[cfg(test)]
mod tests {
    use super::{number, token};

    #[test]
    fn tokens_are_proven() {
        let good = token(0xabc);
        assert_eq!(number(&good), Some(0xabc));
        for bad in [
            good.to_uppercase(),
            format!("+{good}"),
            format!("0{good}"),
            format!("{good}0"),
            good.replace("abc", "abd"),
            good[..good.len() - 1].to_owned(),
            String::new(),
            "-".into(),
            "abc".into(),
            "abc-".into(),
        ] {
            assert_eq!(number(&bad), None, "{bad}");
        }
    }
}
