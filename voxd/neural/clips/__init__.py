"""Reference clips: a sound file of any kind is made into what voices are cloned from, or explained why not."""
