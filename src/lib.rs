//! Memory-mapped files for JavaScript.
//!
//! Modules use each other in one direction: `node -> mapping -> search`, and all of them use what is below:
//! `(request, region, fault, pool, sync, map_limit, os)`. `docs/architecture.md` describes them.

#![cfg_attr(test, allow(dead_code, reason = "a test binary is built without `node`, which uses the rest"))]

/// Checks what a caller asks for (access, prot, flags, offset, length) and makes a plan of it, without a system call.
mod request;

/// What differs from system to system: the same functions for Unix and for Windows.
mod os;

/// Keeps the process below the system's limit of mappings.
mod map_limit;

/// Surviving faults, which would kill a process that maps files.
mod fault;

/// A range of addresses with the bytes of a file, or of memory.
mod region;

/// Threads of our own, and how a job is cancelled.
mod pool;

/// A mutex that ignores poisoning.
mod sync;

/// Mappings: made, reached, resized, flushed, closed.
mod mapping;

/// Searching bytes, for bytes, patterns and lines.
mod search;

/// What is exported to JavaScript. Only this module knows Node-API.
// A test binary has no engine around it that has Node-API's functions.
#[cfg(not(test))]
mod node;
