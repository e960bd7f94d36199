/*
 * The last scan on Arm: a write may land, and be over, before D shows in memory. Only CMD_SYNC, or the completion of a
 * TLBI that met the write, makes it show. What the TLB has as dirty is dirty for it at once.
 *
 *   (nothing)                    device idle, CMD_SYNC, scan by an atomic operation   holds
 *   -DNO_LAST_SYNC               the same without CMD_SYNC                            holds, by what only UNCOMMITTED takes away
 *   -DLOAD_SCAN                  device idle, CMD_SYNC, scan by a load                holds
 *   -DLOAD_SCAN -DNO_LAST_SYNC   the same without CMD_SYNC                            loses a page
 *   -DUNCOMMITTED                hardware whose update may come after an atomic       holds with CMD_SYNC, and without it
 *                                operation that did not see it                        loses a page
 *   -DLOAD_SCAN -DNOT_PUBLISHED  hardware whose commands wait for no update           loses a page
 */
#define ACCESSES 2
#define ROUNDS   2
#define UPDATES  2                           /* of writes that are over, not visible yet, at once */

mtype = { none, clean, dirty };              /* what the TLB has */
mtype = { idle, walking, read, translated }; /* how far an access is; read: it has the descriptor in hand */
mtype = { tlbi, sync };                      /* commands */

mtype tlb = none;
mtype at[ACCESSES] = idle;
bit old[ACCESSES];                           /* TLBI met it with the descriptor, or a translation, in hand */
bit pending[ACCESSES];                       /* its update is not visible yet, and its data have not landed */
byte pendingOver, awaited;                   /* updates of writes that are over: nobody's, and those a command waits for */
bit D;                                       /* writable-dirty, in memory */
bit stale;                                   /* the page differs from its copy */
bit recorded, stopped, completed;
chan queue = [2] of { mtype };

#ifdef NOT_PUBLISHED
#define IS_PUBLISHED true
#else
#define IS_PUBLISHED (awaited == 0)
#endif

active [ACCESSES] proctype Access()
{
    bit seen, writes;
end:
    do
    :: atomic { at[_pid] == idle && !stopped && tlb == dirty ->                 /* a write that hits looks at no descriptor */
        at[_pid] = translated }
    :: atomic { at[_pid] == idle && !stopped && tlb != dirty ->                 /* a clean entry does not do for a write */
        tlb = none; writes = 1; at[_pid] = walking }
    :: atomic { at[_pid] == idle && !stopped && tlb == none ->                  /* a read; one that hits does nothing */
        at[_pid] = walking }
    :: atomic { at[_pid] == walking ->
        seen = D; at[_pid] = read }
    :: atomic { at[_pid] == read && writes && !seen ->                          /* now, by compare-and-swap */
        if
        :: D == seen -> D = 1; seen = 1
        :: else -> old[_pid] = 0; at[_pid] = walking
        fi }
    :: atomic { at[_pid] == read && writes && !seen ->                          /* or later */
        pending[_pid] = 1; seen = 1 }
    :: atomic { at[_pid] == read && (!writes || seen) ->
        if
        :: old[_pid]                                                            /* an old walk fills nothing */
        :: !old[_pid] && seen -> tlb = dirty
        :: !old[_pid] && !seen -> tlb = clean
        fi;
        if
        :: writes -> at[_pid] = translated
        :: else -> old[_pid] = 0; at[_pid] = idle
        fi;
        seen = 0; writes = 0 }
    :: atomic { at[_pid] == translated && !(pending[_pid] && pendingOver + awaited == UPDATES) ->  /* the data land */
        if
        :: pending[_pid] && old[_pid] -> awaited++
        :: pending[_pid] && !old[_pid] -> pendingOver++
        :: else
        fi;
        stale = 1; pending[_pid] = 0; old[_pid] = 0; at[_pid] = idle }
    od
}

active proctype Updates()
{
end:
    do
    :: atomic { pending[0] -> pending[0] = 0; D = 1 }
    :: atomic { pending[1] -> pending[1] = 0; D = 1 }
    :: atomic { pendingOver > 0 -> pendingOver--; D = 1 }
    :: atomic { awaited > 0 -> awaited--; D = 1 }
    od
}

active proctype Eviction()
{
end:
    do
    :: atomic { tlb != none -> tlb = none }
    od
}

active proctype Commands()
{
end:
    do
    :: atomic {
        queue?tlbi -> tlb = none;
        old[0] = old[0] || at[0] == read || at[0] == translated;
        old[1] = old[1] || at[1] == read || at[1] == translated }
    :: queue?sync -> atomic { !old[0] && !old[1] && IS_PUBLISHED -> completed = 1 }
    od
}

/* CMD_SYNC answers for the updates of writes that were over when it was issued. */
inline synchronize()
{
    atomic { queue!sync; awaited = awaited + pendingOver; pendingOver = 0 };
    atomic { completed -> completed = 0 }
}

/* An update that is not visible to loads has won its compare-and-swap all the same: an atomic operation comes after it. */
inline read_and_clear()
{
#ifdef UNCOMMITTED
    was = D;
#else
    was = D || pending[0] || pending[1] || pendingOver > 0 || awaited > 0;
    pending[0] = 0; pending[1] = 0; pendingOver = 0; awaited = 0;
#endif
    D = 0
}

inline scan()
{
#ifdef LOAD_SCAN
    was = D;
    if
    :: was -> recorded = 1; atomic { read_and_clear() }
    :: else
    fi;
#else
    atomic { read_and_clear() };
    if
    :: was -> recorded = 1
    :: else
    fi;
#endif
    was = 0;
    queue!tlbi;
    synchronize();
    atomic { stale = stale && !recorded; recorded = 0 }                         /* the copy */
}

active proctype Software()
{
    bit was;
    byte round;
    do
    :: round < ROUNDS -> scan(); round++
    :: else -> break
    od;
    stopped = 1;
    at[0] == idle && at[1] == idle;
#ifndef NO_LAST_SYNC
    synchronize();
#endif
    scan();
    assert(!stale)
}
