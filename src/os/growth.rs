//! Files that are made longer, and are as long as before when that was for nothing.
//!
//! Others may append to the file at the same time (O_APPEND of open(2)). What they have written must stay, so a size that was
//! seen earlier is never believed. Between the last look at a size and the call that changes it a moment is left that
//! cannot be closed: no system has a call that sets the size of a file on condition of the present one.

use std::fs::File;

use super::{Result, file_size, set_size};

/// Makes the file `to` bytes long, unless it is that long already. New bytes are a hole.
pub fn grow(file: &File, to: u64) -> Result<()> {
    if file_size(file)? < to { set_size(file, to) } else { Ok(()) }
}

/// Makes a file that we have made longer, from `before` to `after` bytes, as long as before. If it has another size by now,
/// somebody else has changed it since, and it stays as it is. So it does if that fails: there is a first error already,
/// which counts more.
pub fn take_back(file: &File, before: u64, after: u64) {
    if before < after && file_size(file).is_ok_and(|size| size == after) {
        let _ = set_size(file, before);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Seek, SeekFrom, Write};

    use super::{grow, take_back};
    use crate::os::{file_size, reserve};

    /// A file that nobody else has, of so many bytes.
    fn file(name: &str, size: u64) -> File {
        let path = std::env::temp_dir().join(format!("memmap-growth-{name}-{}", std::process::id()));
        let mut options = File::options();
        let file = options.read(true).write(true).create_new(true).open(&path).unwrap();
        // Unix removes the name at once; Windows leaves the file among the temporary ones.
        let _ = std::fs::remove_file(&path);
        file.set_len(size).unwrap();
        file
    }

    #[test]
    fn what_was_appended_meanwhile_stays() {
        let mut file = file("appended", 100);
        reserve(&file, 100, 5000).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        file.write_all(b"appended").unwrap();
        take_back(&file, 100, 5000);
        assert_eq!(file_size(&file).unwrap(), 5008);
    }

    #[test]
    fn what_nobody_has_touched_is_taken_back() {
        let file = file("untouched", 100);
        reserve(&file, 100, 5000).unwrap();
        take_back(&file, 100, 5000);
        assert_eq!(file_size(&file).unwrap(), 100);
    }

    #[test]
    fn nothing_that_was_not_made_longer_changes() {
        let file = file("same", 100);
        for before in [100, 200] {
            take_back(&file, before, 100);
            assert_eq!(file_size(&file).unwrap(), 100);
        }
    }

    #[test]
    fn a_file_only_grows() {
        let file = file("grows", 100);
        for (to, size) in [(50, 100), (100, 100), (200, 200), (150, 200)] {
            grow(&file, to).unwrap();
            assert_eq!(file_size(&file).unwrap(), size);
        }
    }

    #[test]
    fn reserve_cuts_nothing_off_that_came_after_its_size_was_looked_at() {
        let file = file("reserve", 5000);
        reserve(&file, 100, 200).unwrap();
        assert_eq!(file_size(&file).unwrap(), 5000);
    }
}
