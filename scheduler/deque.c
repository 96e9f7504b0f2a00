/* deque.c - the Chase-Lev deque for weak memory models, bounded, of bundles.
 *
 * D. Chase, Y. Lev: Dynamic Circular Work-Stealing Deque, SPAA 2005; memory orders after N. M. Le, A. Pop, A. Cohen,
 * F. Zappa Nardelli: Correct and Efficient Work-Stealing for Weak Memory Models, PPoPP 2013, with three changes: the
 * array does not grow; their seq_cst fences are seq_cst accesses to top and bottom (atomic-private.h says why); and an item is
 * several words.
 *
 * Items (bundles) stand at indices top..bottom-1, item i in slot i & mask. Both indices are 64-bit and never wrap.
 *
 * No item is taken twice. Let the owner pop index b: S1 bottom := b, S2 t := top; a thief take index t': L1 t' := top,
 * L2 read bottom, L3 CAS top from t' to t'+1. S1, S2, L1, L2, L3 are seq_cst, so one total order holds them all; every
 * write of top is a seq_cst CAS that adds one. The owner takes b without a CAS only if it read t < b. For a thief to
 * take the same item its t' = b, so the CAS that made top = b comes after S2 (which read less) and before L1; hence
 * S1 < S2 < L1 < L2: L2 reads bottom = b, and the thief finds nothing - or a later value of bottom, and then the
 * owner has pushed again: index b is a new item. If t = b, both use a CAS from b to b + 1, and one wins.
 *
 * No item is lost. An index leaves top..bottom-1 only by a successful CAS on top or by the owner's pop of it; a pop
 * that loses (t = b and the CAS fails, or t > b) puts bottom back to b + 1 = top: empty.
 *
 * What a thief reads from a slot is what was pushed at that index: L2 is an acquire load of bottom, all stores of
 * bottom are release stores by one thread, so the slot's stores (and all that the owner did before push) happen before;
 * and the owner overwrites slot t' & mask (index t' + capacity) only after it has read top > t' by acquire. If the
 * thief's CAS succeeds, top was t' until then, so all its reads of the slot came before any such overwriting. If not,
 * what it read may be torn, and is thrown away: the words are atomics because of that race; relaxed is enough. A torn
 * number of ids is still one that was stored, at most LEAT_BUNDLE.
 *
 * push reads top seldom, and by acquire. A stale top is too low: the deque may look full when it is not. */
#include "deque-private.h"

void leat_deque_init(leat_deque *d, _Atomic uint32_t *slots, uint32_t bundles)
{
    atomic_init(&d->top, 0);
    atomic_init(&d->bottom, 0);
    d->top_seen = 0;
    d->mask = bundles - 1;
    d->slots = slots;
}

static _Atomic uint32_t *slot_of(leat_deque *d, int64_t index)
{
    return d->slots + (size_t)(index & d->mask) * LEAT_BUNDLE_WORDS;
}

static uint32_t read_slot(leat_deque *d, int64_t index, uint32_t *ids)
{
    _Atomic uint32_t *slot = slot_of(d, index);
    uint32_t n = LEAT_LOAD(slot, relaxed);
    for (uint32_t i = 0; i < n; i++)
        ids[i] = LEAT_LOAD(slot + 1 + i, relaxed);
    return n;
}

bool leat_deque_push(leat_deque *d, const uint32_t *ids, uint32_t n)
{
    int64_t b = LEAT_LOAD(&d->bottom, relaxed);
    if (b - d->top_seen > (int64_t)d->mask) {
        d->top_seen = LEAT_LOAD(&d->top, acquire);
        if (b - d->top_seen > (int64_t)d->mask)
            return false;
    }
    _Atomic uint32_t *slot = slot_of(d, b);
    LEAT_STORE(slot, n, relaxed);
    for (uint32_t i = 0; i < n; i++)
        LEAT_STORE(slot + 1 + i, ids[i], relaxed);
    LEAT_STORE(&d->bottom, b + 1, release);
    return true;
}

uint32_t leat_deque_pop(leat_deque *d, uint32_t *ids)
{
    int64_t b = LEAT_LOAD(&d->bottom, relaxed) - 1;
    /* top only grows: below what was seen of it there is nothing, and no need for the costly store. */
    if (b < d->top_seen)
        return 0;
    LEAT_STORE(&d->bottom, b, seq_cst);
    int64_t t = LEAT_LOAD(&d->top, seq_cst);
    d->top_seen = t;
    if (t > b) {
        LEAT_STORE(&d->bottom, b + 1, release);
        return 0;
    }
    uint32_t n = read_slot(d, b, ids);
    if (t < b)
        return n;
    if (LEAT_CAS(&d->top, &t, t + 1, seq_cst, relaxed))
        d->top_seen = b + 1;
    else
        n = 0;
    LEAT_STORE(&d->bottom, b + 1, release);
    return n;
}

uint32_t leat_deque_steal(leat_deque *d, uint32_t *ids)
{
    int64_t t = LEAT_LOAD(&d->top, seq_cst);
    int64_t b = LEAT_LOAD(&d->bottom, seq_cst);
    if (t >= b)
        return 0;
    uint32_t n = read_slot(d, t, ids);
    return LEAT_CAS(&d->top, &t, t + 1, seq_cst, relaxed) ? n : LEAT_DEQUE_LOST;
}

uint32_t leat_deque_size(leat_deque *d)
{
    int64_t t = LEAT_LOAD(&d->top, relaxed);
    int64_t b = LEAT_LOAD(&d->bottom, relaxed);
    return b > t ? (uint32_t)(b - t) : 0;
}
