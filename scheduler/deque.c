/* deque.c - the Chase-Lev deque for weak memory models, bounded.
 *
 * D. Chase, Y. Lev: Dynamic Circular Work-Stealing Deque, SPAA 2005; memory orders after N. M. Le, A. Pop, A. Cohen,
 * F. Zappa Nardelli: Correct and Efficient Work-Stealing for Weak Memory Models, PPoPP 2013, with two changes: the
 * array does not grow, and their seq_cst fences are seq_cst accesses to top and bottom (atomic-private.h says why).
 *
 * Items stand at indices top..bottom-1, item i in slots[i & mask]. Both indices are 64-bit and never wrap.
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
 * bottom are release stores by one thread, so the slot's store (and all that the owner did before push) happens before;
 * and the owner overwrites slot t' & mask (index t' + capacity) only after it has read top > t', when the thief's CAS
 * fails and what it read is thrown away. Slots are atomics because that read may race; relaxed is enough.
 *
 * push reads top relaxed or not at all: a stale top is too low, so the deque may look full when it is not. But a slot
 * must not be overwritten before its thief is done reading: top is read by acquire, and the thief's CAS releases. */
#include "deque-private.h"

void leat_deque_init(leat_deque *d, _Atomic uint32_t *slots, uint32_t capacity)
{
    atomic_init(&d->top, 0);
    atomic_init(&d->bottom, 0);
    d->top_seen = 0;
    d->mask = capacity - 1;
    d->slots = slots;
}

bool leat_deque_push(leat_deque *d, uint32_t id)
{
    int64_t b = LEAT_LOAD(&d->bottom, relaxed);
    if (b - d->top_seen > (int64_t)d->mask) {
        d->top_seen = LEAT_LOAD(&d->top, acquire);
        if (b - d->top_seen > (int64_t)d->mask)
            return false;
    }
    LEAT_STORE(&d->slots[b & d->mask], id, relaxed);
    LEAT_STORE(&d->bottom, b + 1, release);
    return true;
}

uint32_t leat_deque_pop(leat_deque *d)
{
    int64_t b = LEAT_LOAD(&d->bottom, relaxed) - 1;
    /* top only grows: below what was seen of it there is nothing, and no need for the costly store. */
    if (b < d->top_seen)
        return LEAT_DEQUE_EMPTY;
    LEAT_STORE(&d->bottom, b, seq_cst);
    int64_t t = LEAT_LOAD(&d->top, seq_cst);
    d->top_seen = t;
    if (t > b) {
        LEAT_STORE(&d->bottom, b + 1, release);
        return LEAT_DEQUE_EMPTY;
    }
    uint32_t id = LEAT_LOAD(&d->slots[b & d->mask], relaxed);
    if (t < b)
        return id;
    if (LEAT_CAS(&d->top, &t, t + 1, seq_cst, relaxed))
        d->top_seen = b + 1;
    else
        id = LEAT_DEQUE_EMPTY;
    LEAT_STORE(&d->bottom, b + 1, release);
    return id;
}

uint32_t leat_deque_steal(leat_deque *d)
{
    int64_t t = LEAT_LOAD(&d->top, seq_cst);
    int64_t b = LEAT_LOAD(&d->bottom, seq_cst);
    if (t >= b)
        return LEAT_DEQUE_EMPTY;
    uint32_t id = LEAT_LOAD(&d->slots[t & d->mask], relaxed);
    return LEAT_CAS(&d->top, &t, t + 1, seq_cst, relaxed) ? id : LEAT_DEQUE_LOST;
}

uint32_t leat_deque_size(leat_deque *d)
{
    int64_t t = LEAT_LOAD(&d->top, relaxed);
    int64_t b = LEAT_LOAD(&d->bottom, relaxed);
    return b > t ? (uint32_t)(b - t) : 0;
}
