// Whoever wants to know what happens to translated blocks: tools, the cache's researchers, teaching displays. The
// engine tells on the cold path only, so that nobody listening costs one test of a pointer there and nothing in
// generated code.
#pragma once

#include "bt/block.h"

namespace ringshift::bt {

class Observer {
  public:
    virtual ~Observer() = default;
    /// The block has its place in the cache (code_offset, code_size) and may run next.
    virtual void translated(const Block&) {}
    /// The exit has been patched to jump to Link::to.
    virtual void linked(const Link&) {}
    /// It leads to the engine again; Link::to is null. Exits of a block that is invalidated go with it, without a word.
    virtual void unlinked(const Link&) {}
    /// This block is gone: its code has changed (seen when it was to run again) or it was evicted. Valid during the
    /// call.
    virtual void invalidated(const Block&) {}
    /// All blocks and links are gone, without a call for each.
    virtual void flushed() {}
};

} // namespace ringshift::bt
