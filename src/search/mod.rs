//! Searching in bytes that somebody lends. Pure: positions in, positions out.

mod literal;

pub use literal::{find, rfind};
