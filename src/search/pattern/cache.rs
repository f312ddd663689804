use regex_automata::meta;

use super::compiled::Pattern;
use super::engines::{cancellable_dfa, pike_vm};
use super::prefilter::{required_literal::Effectiveness, window::Window};

/// The working memory of a search for one pattern. A thread uses it for one search after the other.
#[derive(Debug)]
pub struct Cache {
    pub(super) regex: meta::Cache,
    /// Made when groups are first asked for.
    pub(super) captures: Option<meta::Cache>,
    /// Made when a search that can be cancelled first goes far.
    pub(super) cancellable: Option<cancellable_dfa::Cache>,
    pub(super) pike_vm: pike_vm::Cache,
    pub(super) window: Window,
    pub(super) effectiveness: Effectiveness,
}

impl Pattern {
    /// Working memory to search for this pattern, and for no other.
    pub fn cache(&self) -> Cache {
        Cache {
            regex: self.regex.create_cache(),
            captures: None,
            cancellable: None,
            pike_vm: pike_vm::Cache::default(),
            window: Window::new(),
            effectiveness: Effectiveness::default(),
        }
    }
}

impl Cache {
    /// About how many bytes it keeps.
    pub fn memory_usage(&self) -> usize {
        size_of::<Self>()
            + self.regex.memory_usage()
            + self.captures.as_ref().map_or(0, meta::Cache::memory_usage)
            + self.cancellable.as_ref().map_or(0, cancellable_dfa::Cache::memory_usage)
            + self.pike_vm.memory_usage()
    }

    /// Forgets what was found out about a haystack.
    pub(super) fn begin_haystack(&mut self) {
        self.window.clear();
        self.effectiveness = Effectiveness::default();
    }
}
