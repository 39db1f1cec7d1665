//! A terminal that nobody sits at.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Both ends of a terminal of 100 columns.
pub(crate) struct Terminal {
    seen: File,
    end: OwnedFd,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let seen = openpt(flags).unwrap();
        grantpt(&seen).unwrap();
        unlockpt(&seen).unwrap();
        let name = ptsname(&seen, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let end = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: 50,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&end, size).unwrap();
        Self {
            seen: File::from(seen),
            end,
        }
    }

    /// The end that a program writes to.
    pub(crate) fn end(&self) -> Stdio {
        Stdio::from(self.end.try_clone().unwrap())
    }

    /// All that a program writes there until it ends, and whether it ended as
    /// it should. `meanwhile` is called when it runs.
    pub(crate) fn follow(self, command: Command, meanwhile: impl FnOnce(&mut Child)) -> Seen {
        self.watch(command, |child, _| meanwhile(child))
    }

    /// The same, where what is done meanwhile depends on what was written.
    pub(crate) fn watch(
        self,
        mut command: Command,
        meanwhile: impl FnOnce(&mut Child, &Written),
    ) -> Seen {
        let mut child = super::started(&mut command).unwrap();
        // It has the only ends that are left: reading ends with it.
        drop(command);
        drop(self.end);
        let written = Written::default();
        std::thread::scope(|scope| {
            scope.spawn(|| written.read_all(self.seen));
            meanwhile(&mut child, &written);
        });
        let well = child.wait().unwrap().success();
        let text = String::from_utf8(written.0.into_inner().unwrap()).unwrap();
        Seen { text, well }
    }
}

/// What a program that still runs has written so far.
#[derive(Default)]
pub(crate) struct Written(Mutex<Vec<u8>>);

impl Written {
    pub(crate) fn has(&self, text: &str) -> bool {
        let written = self.0.lock().unwrap();
        written
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    }

    fn read_all(&self, mut seen: File) {
        let mut buffer = [0; 4096];
        // A terminal that nobody writes to any more is an error of input.
        while let Ok(len @ 1..) = seen.read(&mut buffer) {
            self.0.lock().unwrap().extend_from_slice(&buffer[..len]);
        }
    }
}

/// What a program wrote to a terminal.
pub(crate) struct Seen {
    pub(crate) text: String,
    /// Whether it ended with status 0.
    pub(crate) well: bool,
}
