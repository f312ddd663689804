//! The only rooms that know Node-API. What they answer is data: the classes of errors, the options and the
//! position are the TypeScript side's.

mod class;
mod constants;
mod errors;
mod faults;
mod holds;
mod jobs;
mod lines;
mod patterns;
mod registry;
mod scans;
mod values;
mod view;
