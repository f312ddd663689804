//! Searches of ranges of any size, on one thread or several. The answer is the same for any number of threads.

mod collect;
mod count;
mod count_pattern;
mod find;
mod partition;
mod parts;

pub use collect::collect;
pub use count_pattern::count_pattern;
pub use find::find;
#[cfg_attr(
    test,
    allow(unused_imports, reason = "what uses them is in `node`, which tests are built without")
)]
pub use {collect::Sink, count::count};

#[cfg(test)]
pub(super) use {collect::tests::Matches, parts::PART};
#[cfg(test)]
mod tests;
