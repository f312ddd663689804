use std::fs::OpenOptions;
use std::os::fd::AsFd;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::mm::{MapFlags, ProtFlags};

use super::*;
use crate::fault::{Bad, Guard, GuardedMapping, Reason};

const LEN: usize = 80 * 4096;

fn scratch(len: u64) -> File {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("memmap-fault-{}-{number}", std::process::id()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    file.set_len(len).unwrap();
    file
}

fn map(file: impl AsFd, prot: ProtFlags, flags: MapFlags) -> *mut u8 {
    // SAFETY: the kernel chooses the address.
    unsafe { rustix::mm::mmap(ptr::null_mut(), LEN, prot, flags, file, 0) }.unwrap().cast()
}

fn load(base: *mut u8, at: usize) -> u8 {
    // SAFETY: mapped by the test, and guarded.
    unsafe { base.wrapping_add(at).read_volatile() }
}

fn store(base: *mut u8, at: usize) {
    // SAFETY: as above.
    unsafe { base.wrapping_add(at).write_volatile(7) };
}

const MAPPING: GuardedMapping =
    GuardedMapping { offset: 0, sized: true, read_only: false, private: false, hosted: false };

#[test]
fn beyond_the_end_of_the_file_there_are_zeros_and_a_status() {
    let file = Arc::new(scratch(LEN as u64));
    let base = map(&*file, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
    let guard = Guard::new(base, LEN, MAPPING, Some(Arc::clone(&file))).unwrap();
    store(base, 0);
    file.set_len(5000).unwrap();
    assert!(guard.is_clear());
    assert_eq!(load(base, LEN - 1), 0);
    assert!(!guard.is_clear());
    assert_eq!(guard.first_bad(0, LEN), Some(Bad { at: 5000, reason: Reason::Truncated }));
    assert_eq!(guard.bad_pages(), [(8192, LEN)]);
    assert_eq!(load(base, 0), 7);
}

#[test]
fn without_a_descriptor_the_end_is_noticed_too() {
    let file = scratch(LEN as u64);
    let base = map(&file, ProtFlags::READ, MapFlags::PRIVATE);
    let guard = Guard::new(base, LEN, MAPPING, None).unwrap();
    file.set_len(0).unwrap();
    // From the last to the first, each is lost for the same reason.
    for page in [79, 40, 3, 1, 0] {
        assert_eq!(load(base, 4096 * page), 0);
        let bad = guard.first_bad(page * 4096, 1).unwrap();
        assert_eq!((bad.at, bad.reason), (4096 * page, Reason::Truncated));
    }
    if cfg!(any(target_os = "linux", target_os = "android")) {
        assert_eq!(guard.bad_pages(), [(0, LEN)]);
    }
}

/// The guard's descriptor is of a longer file, so the page seems to be within the file and yet cannot be had.
#[test]
fn a_page_that_cannot_be_had_is_replaced_alone() {
    let (file, longer) = (scratch(LEN as u64), Arc::new(scratch(LEN as u64)));
    let base = map(&file, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
    let guard = Guard::new(base, LEN, MAPPING, Some(longer)).unwrap();
    file.set_len(4096).unwrap();
    assert_eq!(load(base, 4096 * 9 + 5), 0);
    // The descriptor can read it, so a store had no block on the disk.
    let bad = Bad { at: 4096 * 9, reason: Reason::NoSpace };
    assert_eq!(guard.first_bad(0, LEN), Some(bad));
    assert_eq!(guard.bad_pages(), [(4096 * 9, 4096 * 10)]);
}

/// As if the file was truncated between the question for its size and the access to the page.
#[test]
fn a_page_that_is_cut_off_meanwhile_is_no_broken_one() {
    let file = Arc::new(scratch(LEN as u64));
    let base = map(&*file, ProtFlags::READ, MapFlags::SHARED);
    let _guard = Guard::new(base, LEN, MAPPING, Some(Arc::clone(&file))).unwrap();
    file.set_len(4096).unwrap();
    let visit = table::find(base.expose_provenance()).unwrap();
    let reasons =
        [0, 4096, LEN - 1].map(|at| repair::reason_within_file(&visit, base.expose_provenance() + at));
    assert_eq!(reasons, [Reason::NoSpace, Reason::Truncated, Reason::Truncated]);
}

#[test]
fn every_second_page_that_cannot_be_had_ends_in_one_replacement() {
    let (file, longer) = (scratch(LEN as u64), Arc::new(scratch(LEN as u64)));
    let base = map(&file, ProtFlags::READ, MapFlags::SHARED);
    let mapping = GuardedMapping { sized: false, ..MAPPING };
    let guard = Guard::new(base, LEN, mapping, Some(longer)).unwrap();
    file.set_len(0).unwrap();
    for page in (0..80).step_by(2) {
        assert_eq!(load(base, page * 4096), 0);
    }
    assert_eq!(guard.first_bad(63 * 4096, 4096), None);
    assert_eq!(guard.first_bad(65 * 4096, 1).unwrap().reason, Reason::Io);
    assert_eq!(guard.bad_pages().len(), 33);
}

#[test]
fn a_store_into_what_is_read_only_never_reaches_the_file() {
    for (private, flags) in [(true, MapFlags::PRIVATE | os::NORESERVE), (false, MapFlags::SHARED)] {
        let file = Arc::new(scratch(LEN as u64));
        let base = map(&*file, ProtFlags::READ, flags);
        let mapping = GuardedMapping { read_only: true, private, ..MAPPING };
        let guard = Guard::new(base, LEN, mapping, Some(Arc::clone(&file))).unwrap();
        store(base, 4096 * 5);
        store(base, LEN - 1);
        assert_eq!((load(base, 4096 * 5), load(base, LEN - 1)), (7, 7));
        assert!(guard.has_stray_store());
        guard.discard_stray_store(|| Ok::<_, ()>(())).unwrap();
        assert!(guard.is_clear());
        let mut bytes = [1; 1];
        assert_eq!(rustix::io::pread(&*file, &mut bytes, 4096 * 5), Ok(1));
        assert_eq!(bytes, [0]);
    }
}

#[test]
fn threads_that_fault_together_all_go_on() {
    let file = Arc::new(scratch(LEN as u64));
    let base = map(&*file, ProtFlags::READ, MapFlags::SHARED).expose_provenance();
    let guard =
        Guard::new(ptr::with_exposed_provenance_mut(base), LEN, MAPPING, Some(Arc::clone(&file))).unwrap();
    for _ in 0..50 {
        file.set_len(0).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    let base = ptr::with_exposed_provenance_mut(base);
                    (0..64).for_each(|page| assert_eq!(load(base, (page * 7 + thread) % 64 * 4096), 0));
                });
            }
        });
        assert!(!guard.is_clear());
        file.set_len(LEN as u64).unwrap();
        guard.clear_faults();
        let at = ptr::with_exposed_provenance_mut(base);
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: over the test's own mapping.
        unsafe { rustix::mm::mmap(at, LEN, ProtFlags::READ, flags, &*file, 0) }.unwrap();
    }
}

#[test]
fn our_handlers_stay_installed() {
    install_handlers();
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    for signal in [libc::SIGBUS, libc::SIGSEGV] {
        // SAFETY: only asks.
        assert_eq!(unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) }, 0);
        // SAFETY: filled by the call above.
        let found = unsafe { action.assume_init() };
        assert_eq!(found.sa_sigaction, on_fault as *const () as usize);
    }
}

#[test]
fn threads_that_store_into_the_same_read_only_page_all_go_on() {
    let file = Arc::new(scratch(LEN as u64));
    for _ in 0..300 {
        let base = map(&*file, ProtFlags::READ, MapFlags::PRIVATE | os::NORESERVE).expose_provenance();
        let mapping = GuardedMapping { read_only: true, private: true, ..MAPPING };
        let at = ptr::with_exposed_provenance_mut(base);
        let guard = Guard::new(at, LEN, mapping, Some(Arc::clone(&file))).unwrap();
        let go = std::sync::Barrier::new(16);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                let go = &go;
                scope.spawn(move || {
                    go.wait();
                    store(ptr::with_exposed_provenance_mut(base), 4096 * 3);
                });
            }
        });
        assert!(guard.has_stray_store());
        drop(guard);
        // SAFETY: the test's own mapping.
        unsafe { rustix::mm::munmap(ptr::with_exposed_provenance_mut(base), LEN) }.unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn stores_end_where_the_system_grants_no_more_private_pages() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const NAME: &str = "fault::unix::tests::stores_end_where_the_system_grants_no_more_private_pages";
    const VARIABLE: &str = "MEMMAP_TEST_LIMITED";
    const MIB: usize = 1 << 20;
    if std::env::var_os(VARIABLE).is_none() {
        // In a process of its own, since the limit is one for all threads.
        let mut limited = std::process::Command::new(std::env::current_exe().unwrap());
        let output = limited.args([NAME, "--exact"]).env(VARIABLE, "1").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        return;
    }
    // SAFETY: ends this process, should a store fault for ever.
    unsafe { libc::alarm(60) };
    let map_private = |len, prot, file: Option<&File>| {
        let flags = MapFlags::PRIVATE | os::NORESERVE;
        match file {
            // SAFETY: the kernel chooses the address.
            Some(file) => unsafe { rustix::mm::mmap(ptr::null_mut(), len, prot, flags, file, 0) },
            // SAFETY: as above.
            None => unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, prot, flags) },
        }
        .unwrap()
        .cast::<u8>()
    };
    let len = 16 * MIB;
    let file = Arc::new(scratch(len as u64));
    let base = map_private(len, ProtFlags::READ, Some(&file));
    let mapping = GuardedMapping { read_only: true, private: true, ..MAPPING };
    let guard = Guard::new(base, len, mapping, Some(Arc::clone(&file))).unwrap();
    // What is needed after the stores.
    let reserve = map_private(64 * MIB, ProtFlags::READ | ProtFlags::WRITE, None);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let data = status.lines().find_map(|line| line.strip_prefix("VmData:")).unwrap();
    let data = data.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10;
    let limit = Rlimit { current: Some(data + 4 * MIB as u64), maximum: getrlimit(Resource::Data).maximum };
    setrlimit(Resource::Data, limit).unwrap();
    (0..len).step_by(4096).for_each(|at| store(base, at));
    // SAFETY: mapped above.
    unsafe { rustix::mm::munmap(reserve.cast(), 64 * MIB) }.unwrap();
    assert_eq!(load(base, len - 4096), 7);
    assert!(guard.has_stray_store());
    assert_eq!(guard.first_bad(0, len), Some(Bad { at: 0, reason: Reason::Io }));
    let mut byte = [1];
    assert_eq!(rustix::io::pread(&*file, &mut byte, 0), Ok(1));
    assert_eq!(byte, [0]);
}
