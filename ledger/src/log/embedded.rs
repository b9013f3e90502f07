//! The embedded log: RocksDB, one commit thread, one fsync for all that is queued.
