//! Where data, logs, process ids and artifacts live.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nix::unistd::{Gid, Uid, User};

/// The state directory, and why it is not the usual one when it is not.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) directory: PathBuf,
    pub(crate) moved_because: Option<String>,
}

impl State {
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.directory.join("artifacts")
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.directory.join("run")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.directory.join("logs")
    }
}

/// `given` (`ONCEWARD_STATE_DIR`), else `<root>/.local`, else, where PostgreSQL's user could not enter that, a place in `/var/tmp`.
pub(crate) fn choose(root: &Path, given: Option<&str>) -> anyhow::Result<State> {
    let usual = root.join(given.unwrap_or(".local"));
    let Some(blocked) = server_user().and_then(|(uid, gid)| blocking(&usual, uid, gid)) else {
        return Ok(State { directory: usual, moved_because: None });
    };
    let reason = format!("PostgreSQL does not run as root, and its user cannot enter {}", blocked.display());
    if given.is_some() {
        bail!("{reason}: choose another ONCEWARD_STATE_DIR, or allow it with `chmod o+x {}`", blocked.display());
    }
    let directory = PathBuf::from(format!("/var/tmp/onceward-{:016x}", hash(root.as_os_str().as_encoded_bytes())));
    let foreign =
        fs::symlink_metadata(&directory).is_ok_and(|found| !found.is_dir() || found.uid() != Uid::effective().as_raw());
    if foreign {
        bail!("{reason}, and {} belongs to someone else: name a folder with ONCEWARD_STATE_DIR", directory.display());
    }
    Ok(State { directory, moved_because: Some(reason) })
}

/// The user PostgreSQL runs as: it refuses to be root.
pub(crate) fn server_user() -> Option<(Uid, Gid)> {
    let nobody =
        || User::from_name("nobody").ok().flatten().map_or((65534.into(), 65534.into()), |user| (user.uid, user.gid));
    Uid::effective().is_root().then(nobody)
}

/// The first folder on the way to `path` that the user may not pass.
pub(crate) fn blocking(path: &Path, uid: Uid, gid: Gid) -> Option<PathBuf> {
    let may_pass = |folder: &fs::Metadata| match () {
        () if folder.uid() == uid.as_raw() => folder.mode() & 0o100 != 0,
        () if folder.gid() == gid.as_raw() => folder.mode() & 0o010 != 0,
        () => folder.mode() & 0o001 != 0,
    };
    let mut ancestors: Vec<_> = path.ancestors().collect();
    ancestors.reverse();
    ancestors
        .into_iter()
        .find(|folder| fs::metadata(folder).is_ok_and(|found| !may_pass(&found)))
        .map(Path::to_path_buf)
}

/// Makes `path` and opens it to everyone, whatever the umask is: root's servers run as another user.
pub fn open_directory(path: &Path) -> anyhow::Result<()> {
    let missing: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    let ours = |folder: &Path| fs::metadata(folder).is_ok_and(|found| found.uid() == Uid::effective().as_raw());
    fs::create_dir_all(path).with_context(|| {
        format!(
            "cannot make {}: run as the user whom it belongs to, or name another folder with ONCEWARD_STATE_DIR",
            path.display()
        )
    })?;
    for folder in missing.into_iter().chain([path]).filter(|folder| ours(folder)) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot open {} to other users", folder.display()))?;
    }
    Ok(())
}

/// A temporary directory that PostgreSQL's user may enter even when the tests run as root.
pub fn scratch() -> anyhow::Result<tempfile::TempDir> {
    let directory =
        tempfile::Builder::new().prefix("onceward-").tempdir().context("cannot make a temporary directory")?;
    open_directory(directory.path())?;
    Ok(directory)
}

/// FNV-1a: a short name for a text, the same on every run and build.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_closed_to_the_servers_user_is_found() {
        let outer = scratch().unwrap();
        let (closed, inner) = (outer.path().join("closed"), outer.path().join("closed/inner"));
        fs::create_dir_all(&inner).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = 4_242_424;
        assert_eq!(blocking(&inner.join("not made yet"), stranger.into(), stranger.into()), Some(closed.clone()));
        assert_eq!(blocking(&inner, fs::metadata(&closed).unwrap().uid().into(), stranger.into()), None);
        open_directory(&closed).unwrap();
        assert_eq!(blocking(&inner, stranger.into(), stranger.into()), None);
    }
}
