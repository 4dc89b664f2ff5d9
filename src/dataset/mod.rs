//! What goes out: rows, files, the completion mark, and what can be asked of a finished dataset.

pub mod choice;
pub mod layout;
mod leftovers;
pub mod mark;
pub mod merge;
pub mod refused;
pub mod row;
pub mod sink;
pub mod store;
pub mod table;
pub mod verify;
