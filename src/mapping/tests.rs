use super::Error;
use super::{Handle, Views};
use crate::region::ForeignBytes;
use crate::request::{Access, Request};

fn memory(length: u64, access: Access) -> Handle {
    let request = Request { access: Some(access), raw: None, offset: 0, length, lenient: false, guard: true };
    Handle::from_descriptor(-1, &request, true, None).unwrap_or_else(|error| panic!("{error:?}"))
}

fn byte(handle: &Handle, at: usize) -> Result<u8, Error> {
    let mut byte = 0u8;
    // SAFETY: `byte` outlives the call.
    let target = unsafe { ForeignBytes::new(&raw mut byte, 1) };
    handle.record()?.read(at, target)?;
    Ok(byte)
}

fn another(handle: &Handle) -> Handle {
    Handle::attach(&handle.share(None).unwrap()).unwrap()
}

#[test]
fn a_mapping_ends_with_its_last_handle() {
    let first = memory(100, Access::Write);
    let second = another(&first);
    first.record().unwrap().set_byte(7, 42).unwrap();
    first.close(Views::Detach, &|_| false);
    assert!(first.is_closed() && matches!(byte(&first, 7), Err(Error::Closed)));
    assert_eq!(byte(&second, 7).unwrap(), 42);
    let region = second.record().unwrap().region().unwrap();
    assert!(!region.is_revoked());
    // A second close counts nothing twice.
    first.close(Views::Detach, &|_| false);
    assert_eq!(byte(&second, 7).unwrap(), 42);
    second.close(Views::Detach, &|_| false);
    assert_eq!(region.is_revoked(), crate::os::CAN_MAP_OVER);
    assert!(matches!(byte(&second, 7), Err(Error::Closed)));
}

#[test]
fn handles_that_are_dropped_count_too() {
    let first = memory(100, Access::Write);
    let region = first.record().unwrap().region().unwrap();
    let second = another(&first);
    drop(first);
    assert_eq!(byte(&second, 0).unwrap(), 0);
    // Its object was collected: whoever has the region keeps the bytes.
    second.record().unwrap().set_byte(0, 9).unwrap();
    drop(second);
    assert!(!region.is_revoked());
    assert_eq!(region.look(0..1, |bytes| bytes[0]), Some(9));
}

#[test]
fn another_length_needs_a_handle_alone() {
    let first = memory(10, Access::Write);
    let second = another(&first);
    assert!(matches!(
        first.record().unwrap().resize(5000, true, Views::Zero, &|_| false),
        Err(Error::Busy(_))
    ));
    assert!(matches!(second.record().unwrap().reattach(), Err(Error::Busy(_))));
    first.close(Views::Detach, &|_| false);
    second.record().unwrap().resize(5000, true, Views::Zero, &|_| false).unwrap();
    assert_eq!(second.record().unwrap().size().unwrap(), 5000);
    assert_eq!(byte(&second, 4999).unwrap(), 0);
    assert!(byte(&second, 5000).is_err());
    let read_only = memory(10, Access::Read);
    assert!(matches!(
        read_only.record().unwrap().resize(20, true, Views::Zero, &|_| false),
        Err(Error::ReadOnly(_))
    ));
    assert!(matches!(read_only.record().unwrap().set_byte(0, 1), Err(Error::ReadOnly(_))));
}

#[test]
fn each_handle_is_told_of_a_stray_store() {
    let first = memory(10, Access::Read);
    let [second, third] = [another(&first), another(&first)];
    let record = first.record().unwrap();
    let stray = |handle: &Handle| matches!(handle.reach(|_| Ok(())), Err(Error::StrayStore));
    let stray_store = || {
        record.region().unwrap().guard().unwrap().note_stray_store();
        record.discard_stray_stores(None);
    };
    let is_clear = || record.region().unwrap().guard().unwrap().is_clear();
    stray_store();
    // Another one comes before all were told.
    assert!(stray(&second) && !stray(&second));
    stray_store();
    assert!(first.is_faulted().unwrap());
    assert!(stray(&first) && stray(&second) && !stray(&first) && !stray(&second));
    assert!(!is_clear() && !first.is_faulted().unwrap());
    third.close(Views::Detach, &|_| false);
    assert!(is_clear());
    let late = another(&first);
    assert!(!stray(&late));
}

#[test]
fn tokens_lead_to_open_mappings_alone() {
    let first = memory(10, Access::Write);
    let token = first.share(Some("name")).unwrap();
    assert_eq!(first.share(None).unwrap(), token);
    let second = Handle::attach(&token).unwrap();
    assert_eq!(second.record().unwrap().facts().path, Some("name"));
    first.close(Views::Detach, &|_| false);
    assert!(matches!(first.share(None), Err(Error::Closed)));
    assert_eq!(second.share(None).unwrap(), token);
    drop(second);
    assert!(matches!(Handle::attach(&token), Err(Error::Closed)));
    assert!(matches!(Handle::attach("1-0"), Err(Error::InvalidArgument(_))));
}
