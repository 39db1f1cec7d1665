//! The environment side: was the store cleanly shut down?
