//! An in-process world for tests
