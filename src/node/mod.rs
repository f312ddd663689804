//! The only rooms that know Node-API. They answer with data: the classes of errors, the options, and the position of a
//! mapping are the TypeScript side's.

/// Numbers that both sides know by name.
mod enums;

/// Errors as data.
mod errors;

/// Arguments and answers that napi-rs has no type for.
mod values;

/// Promises that are kept by threads of our own.
mod jobs;

/// ArrayBuffers over mappings, and who still has their memory.
mod ahead;
mod array_buffers;

/// Regions that ended threads have left behind.
mod late_accesses;
mod leaked;

/// The mapping objects of each thread, and the end of a thread.
mod live_objects;

/// The native half of the class: made, closed, resized.
mod mapping;

/// Its bytes: copied, filled, compared.
mod bytes;

/// Single bytes and small copies, with as little glue as Node-API allows.
mod fast_calls;

/// One mapping in several threads.
mod share;

/// Its memory and its file: flushed, advised, named.
mod memory;

/// Its views.
mod views;

/// Its views over memory of the engine's.
mod overlay;

/// Its faults, which JavaScript sees without a call.
mod faults;

/// Its lines.
mod lines;

/// What is searched for in it.
mod pattern;

/// Searching in it.
mod search;

/// What the system's headers say.
mod constants;
