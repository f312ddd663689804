//! Searches of ranges of any size, on one thread or several. The answer is the same for any number of threads.

mod collect;
mod count;
mod count_pattern;
mod find;
mod partition;
mod parts;

#[cfg_attr(
    test,
    allow(unused_imports, reason = "what implements it is in `node`, which tests are built without")
)]
pub use collect::Sink;
pub use collect::collect;
pub use count::count;
pub use find::find;

#[cfg(test)]
pub(super) use {collect::tests::Matches, parts::PART};
#[cfg(test)]
mod tests;
