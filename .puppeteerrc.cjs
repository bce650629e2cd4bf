// Tests drive the browsers that the system installs; a download at install time would fail offline and in CI.
module.exports = { skipDownload: true };
