//! Numbers that cross between JavaScript and Rust: the addon exports them by name, so that neither side has a table of its
//! own.

use napi_derive::napi;

use crate::{mapping, request};

/// What may be done to the bytes of a mapping.
#[napi]
#[derive(Clone, Copy)]
pub enum Access {
    /// What Python's constructor does: read and write, shared.
    Default,
    Read,
    Write,
    /// Writable and private: the file never changes.
    Copy,
}

impl Access {
    /// `None`: the caller chose none.
    pub fn chosen(self) -> Option<request::Access> {
        match self {
            Self::Default => None,
            Self::Read => Some(request::Access::Read),
            Self::Write => Some(request::Access::Write),
            Self::Copy => Some(request::Access::Copy),
        }
    }
}

impl From<request::Access> for Access {
    fn from(access: request::Access) -> Self {
        match access {
            request::Access::Read => Self::Read,
            request::Access::Write => Self::Write,
            request::Access::Copy => Self::Copy,
        }
    }
}

/// What becomes of the views of bytes that a mapping no longer has.
#[napi]
#[derive(Clone, Copy)]
pub enum Views {
    /// The caller has taken them away. Their bytes become inaccessible.
    Detach,
    /// They read zeros.
    Zero,
    /// They keep the bytes until they are collected.
    Keep,
}

impl Views {
    pub fn chosen(self) -> mapping::Views {
        match self {
            Self::Detach => mapping::Views::Detach,
            Self::Zero => mapping::Views::Zero,
            Self::Keep => mapping::Views::Keep,
        }
    }
}

/// How the bytes of lines become text.
#[napi]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// They do not.
    None,
    Latin1,
    /// What is no UTF-8 becomes U+FFFD.
    Utf8,
}

/// The engines that differ in the way they end a thread.
#[napi]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Node calls the finalizers of all backing stores first, also of those that live on in another thread because
    /// `transfer()` took them, and then the cleanup hooks.
    Node,
    /// Bun calls hooks first, and then the finalizers of all backing stores.
    Bun,
    /// Deno calls hooks first, and then the finalizers of backing stores that end; those of objects never.
    Deno,
}
