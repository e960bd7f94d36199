/*
 * Reading and clearing D of one page where D is set before the data of a write go on, and where the completion of an
 * invalidation drains what it met: AMD-Vi, VT-d.
 *
 *   (nothing)               clear, flush, wait, copy                                 holds
 *   -DNO_FLUSH              clear, copy                                              loses a page
 *   -DFLUSH_BEFORE_CLEAR    flush, wait, clear, copy                                 loses a page
 *   -DCOPY_BEFORE_WAIT      clear, flush, copy, wait                                 loses a page
 *   -DCLEAR_ALWAYS_PLAIN    the clear is a load, and a store whatever was loaded     loses a page
 *   -DCLEAR_IF_DIRTY_PLAIN  the clear is a load, and a store if it was dirty         holds
 *   -DNO_DRAIN              the last round begins when the device has been stopped   loses a page
 *
 * Hardware that breaks a promise, under the first of them:
 *   -DCLEAN_NOT_CHECKED     a write uses an entry cached as clean as it is           loses a page
 *   -DNOT_ATOMIC            D is written back without a comparison                   holds: nothing but D can differ
 *   -DWALKS_NOT_ENDED       walks outlive the invalidation that met them, and fill   loses a page
 *   -DWRITES_NOT_DRAINED    completion waits for walks only                          loses a page
 */
#define ACCESSES 2
#define ROUNDS   2

mtype = { none, clean, dirty };              /* what the IOTLB has */
mtype = { idle, walking, read, translated }; /* how far an access is; read: it has the entry in hand */
mtype = { invalidate, wait };                /* commands */

mtype iotlb = none;
mtype at[ACCESSES] = idle;
bit old[ACCESSES];                           /* an invalidation met it with the entry, or a translation, in hand */
bit D;                                       /* in memory */
bit stale;                                   /* the page differs from its copy */
bit recorded, stopped, completed;
chan queue = [2] of { mtype };

#ifdef CLEAN_NOT_CHECKED
#define SERVES_WRITES(entry) (entry != none)
#else
#define SERVES_WRITES(entry) (entry == dirty)
#endif
#ifdef NOT_ATOMIC
#define UNCHANGED true
#else
#define UNCHANGED (D == seen)
#endif
#ifdef WALKS_NOT_ENDED
#define MAY_FILL true
#else
#define MAY_FILL (!old[_pid])
#endif
#if defined(WALKS_NOT_ENDED)
#define IS_AWAITED(i) (old[i] && at[i] == translated)
#elif defined(WRITES_NOT_DRAINED)
#define IS_AWAITED(i) (old[i] && at[i] != translated)
#else
#define IS_AWAITED(i) old[i]
#endif

active [ACCESSES] proctype Access()
{
    bit seen, writes;
end:
    do
    :: atomic { at[_pid] == idle && !stopped && SERVES_WRITES(iotlb) ->         /* a write that hits looks at no entry */
        at[_pid] = translated }
    :: atomic { at[_pid] == idle && !stopped && !SERVES_WRITES(iotlb) ->        /* a clean entry does not do for a write */
        iotlb = none; writes = 1; at[_pid] = walking }
    :: atomic { at[_pid] == idle && !stopped && iotlb == none ->                /* a read; one that hits does nothing */
        writes = 0; at[_pid] = walking }
    :: atomic { at[_pid] == walking ->
        seen = D; at[_pid] = read }
    :: atomic { at[_pid] == read && writes && !seen ->                          /* compare-and-swap */
        if
        :: UNCHANGED -> D = 1; seen = 1
        :: else -> old[_pid] = 0; at[_pid] = walking
        fi }
    :: atomic { at[_pid] == read && (!writes || seen) ->
        if
        :: !MAY_FILL                                                            /* an old walk fills nothing */
        :: MAY_FILL && seen -> iotlb = dirty
        :: MAY_FILL && !seen -> iotlb = clean
        fi;
        if
        :: writes -> at[_pid] = translated
        :: else -> at[_pid] = idle; old[_pid] = 0
        fi;
        seen = 0; writes = 0 }
    :: atomic { at[_pid] == translated ->                                       /* the data land */
        stale = 1; old[_pid] = 0; at[_pid] = idle }
    od
}

active proctype Eviction()
{
end:
    do
    :: atomic { iotlb != none -> iotlb = none }
    od
}

active proctype Commands()
{
end:
    do
    :: atomic {
        queue?invalidate -> iotlb = none;
        old[0] = old[0] || at[0] == read || at[0] == translated;
        old[1] = old[1] || at[1] == read || at[1] == translated }
    :: queue?wait -> atomic { !IS_AWAITED(0) && !IS_AWAITED(1) -> completed = 1 }
    od
}

inline wait_for_completion()
{
    queue!wait;
    atomic { completed -> completed = 0 }
}

inline clear()
{
#if defined(CLEAR_ALWAYS_PLAIN) || defined(CLEAR_IF_DIRTY_PLAIN)
    was = D;
#else
    atomic { was = D; D = 0 };
#endif
    if
    :: was -> recorded = 1
    :: else
    fi;
#ifdef CLEAR_ALWAYS_PLAIN
    D = 0;
#endif
#ifdef CLEAR_IF_DIRTY_PLAIN
    if
    :: was -> D = 0
    :: else
    fi;
#endif
    was = 0
}

inline copy()
{
    atomic { stale = stale && !recorded; recorded = 0 }
}

inline harvest()
{
#ifdef FLUSH_BEFORE_CLEAR
    queue!invalidate;
    wait_for_completion();
#endif
    clear();
#if !defined(FLUSH_BEFORE_CLEAR) && !defined(NO_FLUSH)
    queue!invalidate;
#ifndef COPY_BEFORE_WAIT
    wait_for_completion();
#endif
#endif
    copy();
#ifdef COPY_BEFORE_WAIT
    wait_for_completion();
#endif
}

inline drain()
{
    at[0] == idle && at[1] == idle
}

active proctype Software()
{
    bit was;
    byte round;
    do
    :: round < ROUNDS -> harvest(); round++
    :: else -> break
    od;
    stopped = 1;
#ifndef NO_DRAIN
    drain();
#endif
    harvest();
    drain();
    assert(!stale)
}
