//! Where the bytes of a mapping come from.

use crate::os;
use crate::request::{Access, Plan};

/// What stands behind the addresses.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Memory that belongs to no file.
    Anonymous,
    /// Memory with a name: a POSIX shared memory object, or a section of Windows' paging file.
    Named(String),
    File {
        /// Its length changes by truncation alone: a regular file, not a device.
        regular: bool,
        /// It is known where it ends.
        sized: bool,
        /// Windows: the name of the section that the file is mapped through.
        section: Option<String>,
    },
}

/// Where the bytes come from, and what is mapped of it.
#[derive(Clone, Debug)]
pub struct Source {
    pub origin: Origin,
    pub plan: Plan,
}

impl Source {
    /// Whether the bytes are a file whose length changes by truncation alone.
    pub fn is_regular(&self) -> bool {
        matches!(self.origin, Origin::File { regular: true, .. } | Origin::Named(_))
    }

    /// Whether nothing is to be mapped: a file that is known to end where the mapping begins.
    pub fn is_empty(&self) -> bool {
        self.plan.length == 0 && matches!(self.origin, Origin::File { sized: true, .. })
    }

    pub fn is_file(&self) -> bool {
        matches!(self.origin, Origin::File { .. })
    }

    pub fn is_anonymous(&self) -> bool {
        matches!(self.origin, Origin::Anonymous)
    }

    /// Whether the caller asked for a private mapping by its flags.
    pub fn has_private_flags(&self) -> bool {
        self.plan.raw.is_some_and(os::has_private_flag)
    }

    /// Whether what is stored stays in this mapping, because the caller asked for that.
    pub fn keeps_stores(&self) -> bool {
        self.plan.access == Access::Copy || self.has_private_flags()
    }

    /// The same source, mapped at another length.
    pub fn with_length(&self, length: usize) -> Self {
        let origin = match &self.origin {
            // While the present mapping lives, the name stands for its section, whose size is fixed.
            Origin::File { regular, sized, .. } => {
                Origin::File { regular: *regular, sized: *sized, section: None }
            }
            other => other.clone(),
        };
        Self { origin, plan: Plan { length, extend_to: None, ..self.plan } }
    }
}
