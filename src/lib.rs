//! Memory-mapped files for JavaScript. The rooms, and the one direction in which they may look:
//! `node -> (mapping, search) -> (request, region, fault, pool, sync, map_limit, os)`.

#![cfg_attr(test, allow(dead_code, reason = "a test binary is built without `node`, which uses the rest"))]

/// What a caller asks for, checked: access, prot, flags, offset, length -> a plan. Pure.
mod request;

/// What memmap2 lacks, one file for each system, the same functions in each.
mod os;

/// How many mappings the process may still have.
mod map_limit;

/// Surviving what kills a process that maps files.
mod fault;

/// An owned range of addresses: replaced by zero pages at close, given back at the end.
mod region;

/// Threads of our own, and how a job is cancelled.
mod pool;

/// A mutex that ignores poisoning.
mod sync;

/// One mapping: make it, reach its bytes, resize, flush, close. Knows no JavaScript.
mod mapping;

/// Searching in bytes.
mod search;

/// The only rooms that know Node-API: the class, the jobs, errors, constants.
// A test binary has no Node around it to answer Node-API's symbols.
#[cfg(not(test))]
mod node;
