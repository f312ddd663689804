//! Opening a file, or making it where there is none.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::{identity, identity_at};

/// How often a file is tried. Linux follows as many symbolic links of one path (path_resolution(7)).
const MAX_TRIES: usize = 40;

/// Opens the file at `path`, or makes it, as open(2) does with O_CREAT. The answer beside it says whether this call made
/// it. `open` opens a file that exists, or makes one that does not (its second argument is `true`) and then fails with
/// `AlreadyExists` where anything has that name.
///
/// O_CREAT alone follows a symbolic link to nothing and makes its target, but does not tell whether it made a file.
/// O_EXCL tells, but does not follow the link. So the link is followed here.
pub fn open_or_make(path: &Path, open: impl Fn(&Path, bool) -> io::Result<File>) -> io::Result<(File, bool)> {
    let mut name = Cow::Borrowed(path);
    let mut taken = io::Error::from(ErrorKind::AlreadyExists);
    for _ in 0..MAX_TRIES {
        let (file, made) = match open(&name, false) {
            Err(error) if error.kind() == ErrorKind::NotFound => match open(&name, true) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    taken = error;
                    // Where this is no link, another process has made the file in between, and it can be opened now.
                    if let Ok(target) = fs::read_link(&name) {
                        name = Cow::Owned(name.parent().unwrap_or(Path::new("")).join(target));
                    }
                    continue;
                }
                file => (file?, true),
            },
            file => (file?, false),
        };
        if matches!(name, Cow::Borrowed(_)) {
            return Ok((file, made));
        }
        // The system may refuse to follow a link of somebody else's in a folder that all can write to
        // (fs.protected_symlinks of proc_sys_fs(5)), and it has not been asked since the link was read.
        let there = identity_at(path);
        if there.as_ref().is_ok_and(|there| *there == identity(&file)) {
            return Ok((file, made));
        }
        drop(file);
        if made {
            let _ = fs::remove_file(&name);
        }
        there?;
        // Somebody has changed the link meanwhile.
        name = Cow::Borrowed(path);
    }
    Err(taken)
}
