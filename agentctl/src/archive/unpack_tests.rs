//! Hostile and honest tar streams against a real directory.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::*;

/// One member, with a name that the tar crate's own checks would refuse.
fn member(name: &[u8], kind: tar::EntryType, mode: u32, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(content.len() as u64);
    header.set_link_name_literal(b"/etc").unwrap();
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &[u8], content: &[u8]) -> Vec<u8> {
    member(name, tar::EntryType::Regular, 0o644, content)
}

fn directory(name: &[u8]) -> Vec<u8> {
    member(name, tar::EntryType::Directory, 0o755, b"")
}

fn unpack_as(at: &Path, name: &str, members: &[Vec<u8>]) -> Result<Summary, ArchiveError> {
    unpack(&members.concat()[..], &Target::new(at, OsStr::new(name)).unwrap(), |_| {})
}

fn names_in(at: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(at).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_tree_arrives_under_its_new_name() {
    let root = tempfile::tempdir().unwrap();
    let stream = [
        directory(b"src/"),
        member(b"src/run", tar::EntryType::Regular, 0o750, b"#!/bin/sh\n"),
        file(b"src/a/b/deep", b"deep"),
        file(b"src/odd\xff\n", b""),
        member(b"src/closed/", tar::EntryType::Directory, 0o000, b""),
        file(b"src/closed/in", b"in"),
    ];
    let mut told = 0;
    let target = Target::new(root.path(), OsStr::new("copy")).unwrap();
    let summary = unpack(&stream.concat()[..], &target, |bytes| told += bytes).unwrap();
    assert_eq!((summary.files, summary.directories, summary.bytes, told), (4, 2, 16, 16));
    let copy = root.path().join("copy");
    assert_eq!(fs::read(copy.join("a/b/deep")).unwrap(), b"deep");
    assert_eq!(fs::metadata(copy.join("run")).unwrap().permissions().mode() & 0o700, 0o700);
    assert_eq!(fs::read(copy.join("closed/in")).unwrap(), b"in");
    assert_eq!(fs::read(copy.join(OsStr::from_bytes(b"odd\xff\n"))).unwrap(), b"");
    assert_eq!(names_in(root.path()), ["copy"]);
}

#[test]
fn set_id_and_sticky_bits_are_dropped() {
    let root = tempfile::tempdir().unwrap();
    unpack_as(root.path(), "f", &[member(b"f", tar::EntryType::Regular, 0o7755, b"x")]).unwrap();
    assert_eq!(fs::metadata(root.path().join("f")).unwrap().permissions().mode() & 0o7000, 0);
}

#[test]
fn names_that_lead_outside_write_nothing() {
    for name in [&b"../escape"[..], b"/escape", b"top/../../escape", b"top/.."] {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("inside");
        fs::create_dir(&inside).unwrap();
        let error = unpack_as(&inside, "top", &[file(name, b"x")]).unwrap_err();
        assert!(matches!(error, ArchiveError::Refused { .. }), "{error}");
        assert_eq!(names_in(root.path()), ["inside"]);
        assert!(names_in(&inside).is_empty());
    }
}

#[test]
fn links_and_devices_are_skipped_and_told() {
    let root = tempfile::tempdir().unwrap();
    let stream = [
        directory(b"top"),
        member(b"top/link", tar::EntryType::Symlink, 0o777, b""),
        member(b"top/hard", tar::EntryType::Link, 0o644, b""),
        member(b"top/null", tar::EntryType::Char, 0o666, b""),
        member(b"top/pipe", tar::EntryType::Fifo, 0o666, b""),
        // What would be written through the link, had it been made.
        file(b"top/link/passwd", b"x"),
    ];
    let summary = unpack_as(root.path(), "top", &stream).unwrap();
    assert_eq!((summary.skipped_count, summary.files), (4, 1));
    assert_eq!(summary.skipped[0], ("\"top/link\"".to_owned(), "a symbolic link"));
    assert_eq!(names_in(&root.path().join("top")), ["link"]);
    assert!(!fs::symlink_metadata(root.path().join("top/link")).unwrap().is_symlink());
}

#[test]
fn a_link_that_is_there_already_is_never_passed() {
    let root = tempfile::tempdir().unwrap();
    let (outside, inside) = (root.path().join("outside"), root.path().join("inside"));
    fs::create_dir_all(&outside).unwrap();
    fs::create_dir_all(inside.join("top")).unwrap();
    fs::write(outside.join("file"), "untouched").unwrap();
    symlink(&outside, inside.join("top/way")).unwrap();
    symlink(outside.join("file"), inside.join("top/file")).unwrap();
    symlink(&outside, inside.join("whole")).unwrap();

    for stream in [file(b"t/way/new", b"x"), directory(b"t/way/")] {
        assert!(matches!(unpack_as(&inside, "top", &[stream]), Err(ArchiveError::Refused { .. })));
    }
    assert!(unpack_as(&inside, "whole", &[file(b"t/new", b"x")]).is_err());
    assert_eq!(names_in(&outside), ["file"]);

    // A link at the final name is replaced by the file, and what it pointed to stays as it was.
    unpack_as(&inside, "top", &[file(b"t/file", b"new")]).unwrap();
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"untouched");
    assert_eq!(fs::read(inside.join("top/file")).unwrap(), b"new");
    assert!(!fs::symlink_metadata(inside.join("top/file")).unwrap().is_symlink());
}

#[test]
fn members_of_another_top_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let error = unpack_as(root.path(), "a", &[file(b"a", b"x"), file(b"b", b"x")]).unwrap_err();
    assert!(error.to_string().contains("does not belong"), "{error}");
    assert_eq!(names_in(root.path()), ["a"]);
}

#[test]
fn a_cut_or_failed_file_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("f"), "old").unwrap();
    let whole = file(b"f", &[1; 2000]);
    let target = Target::new(root.path(), OsStr::new("f")).unwrap();
    assert!(matches!(unpack(&whole[..1000], &target, |_| {}), Err(ArchiveError::Stream(_))));
    assert_eq!(names_in(root.path()), ["f"]);
    assert_eq!(fs::read(root.path().join("f")).unwrap(), b"old");

    fs::create_dir(root.path().join("taken")).unwrap();
    assert!(matches!(unpack_as(root.path(), "taken", &[file(b"f", b"x")]), Err(ArchiveError::Host { .. })));
    assert_eq!(names_in(root.path()), ["f", "taken"]);
}

#[test]
fn a_file_larger_than_the_disk_is_refused_before_it_is_read() {
    let root = tempfile::tempdir().unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_path("f").unwrap();
    header.set_size(1 << 60);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_cksum();
    let target = Target::new(root.path(), OsStr::new("f")).unwrap();
    let error = unpack(&header.as_bytes()[..], &target, |_| {}).unwrap_err();
    assert!(matches!(error, ArchiveError::NoRoom { .. }), "{error}");
    assert!(names_in(root.path()).is_empty());
}

#[test]
fn an_empty_stream_is_no_copy() {
    let root = tempfile::tempdir().unwrap();
    assert!(unpack_as(root.path(), "f", &[vec![0; 1024]]).is_err());
}
