/*
 * Splitting a 2 MiB leaf in place, where hardware lets the size change at once: old and new translations may be used
 * side by side until the invalidation (AMD-Vi, VT-d). The split, two scans of the small leaves, and the last one with
 * the device stopped. Two of the small pages are written.
 *
 *   (nothing)       the table is linked by compare-and-swap, small leaves inherit D   holds
 *   -DPLAIN_STORE   the table is stored over whatever is there                        loses a page
 *   -DDROP_D        small leaves begin clean                                          loses a page
 *   -DFLUSH_NEVER   no flush for the split itself: that of the next scan does         holds
 *
 * Hardware that breaks a promise, under the first of them:
 *   -DNOT_ATOMIC    the entry is written back with D, whatever is there by now        loses a page
 */
#define ROUNDS   2
#define ACCESSES 2
#define PAGES    2

mtype = { none, clean, dirty };              /* what is cached; clean and dirty are also what the level-1 entry may be */
mtype = { table };                           /* the third thing it may be */
mtype = { idle, walking, readBlock, walkingLeaf, readLeaf, translated };
mtype = { invalidate, leaves, wait };        /* commands; leaves: the walk cache is kept */

mtype block = clean;                         /* the level-1 entry: a 2 MiB leaf, or the table */
bit D[PAGES];                                /* of the small leaves */
mtype large = none;                          /* the IOTLB: the 2 MiB translation, */
mtype small[PAGES] = none;                   /* and the small ones */
bit pointer;                                 /* the walk cache has the table */
mtype at[ACCESSES] = idle;
bit old[ACCESSES];                           /* an invalidation met it with an entry, or a translation, in hand */
bit stale[PAGES], recorded[PAGES];
bit stopped, completed;
chan queue = [2] of { mtype };

#ifdef NOT_ATOMIC
#define UNCHANGED(memory, read) true
#else
#define UNCHANGED(memory, read) (memory == read)
#endif

/* An access has its translation. */
inline go_on()
{
    if
    :: writes -> writes = 0; at[_pid] = translated
    :: else -> page = 0; old[_pid] = 0; at[_pid] = idle
    fi
}

active [ACCESSES] proctype Access()
{
    bit page, writes, seen;
    mtype entry = none;
end:
    do
    :: atomic { at[_pid] == idle && !stopped ->                                 /* a write; where two translations match, either serves */
        if
        :: page = 0
        :: page = 1
        fi;
        if
        :: large == dirty -> at[_pid] = translated
        :: small[page] == dirty -> at[_pid] = translated
        :: large == clean -> large = none; writes = 1; at[_pid] = walking
        :: small[page] == clean -> small[page] = none; writes = 1; at[_pid] = walking
        :: large == none && small[page] == none -> writes = 1; at[_pid] = walking
        fi }
    :: atomic { at[_pid] == idle && !stopped && large == none && (small[0] == none || small[1] == none) -> /* a read that misses */
        if
        :: small[0] == none -> page = 0
        :: small[1] == none -> page = 1
        fi;
        at[_pid] = walking }
    :: atomic { at[_pid] == walking && pointer ->
        at[_pid] = walkingLeaf }
    :: atomic { at[_pid] == walking ->
        entry = block; at[_pid] = readBlock }
    :: atomic { at[_pid] == readBlock && entry == table ->
        if
        :: old[_pid]                                                            /* an old walk fills nothing */
        :: else -> pointer = 1
        fi;
        entry = none; at[_pid] = walkingLeaf }
    :: atomic { at[_pid] == readBlock && entry == clean && writes ->            /* compare-and-swap */
        if
        :: UNCHANGED(block, entry) -> block = dirty; entry = dirty
        :: else -> entry = none; old[_pid] = 0; at[_pid] = walking
        fi }
    :: atomic { at[_pid] == readBlock && (entry == dirty || (entry == clean && !writes)) ->
        if
        :: old[_pid]
        :: else -> large = entry
        fi;
        entry = none;
        go_on() }
    :: atomic { at[_pid] == walkingLeaf ->
        seen = D[page]; at[_pid] = readLeaf }
    :: atomic { at[_pid] == readLeaf && !seen && writes ->                      /* compare-and-swap */
        if
        :: UNCHANGED(D[page], seen) -> D[page] = 1; seen = 1
        :: else -> old[_pid] = 0; at[_pid] = walking
        fi }
    :: atomic { at[_pid] == readLeaf && (seen || !writes) ->
        if
        :: old[_pid]
        :: !old[_pid] && seen -> small[page] = dirty
        :: !old[_pid] && !seen -> small[page] = clean
        fi;
        seen = 0;
        go_on() }
    :: atomic { at[_pid] == translated ->                                       /* the data land */
        stale[page] = 1; page = 0; old[_pid] = 0; at[_pid] = idle }
    od
}

active proctype Eviction()
{
end:
    do
    :: atomic { large != none -> large = none }
    :: atomic { small[0] != none -> small[0] = none }
    :: atomic { small[1] != none -> small[1] = none }
    :: atomic { pointer -> pointer = 0 }
    od
}

#define HAS_LEAF(i) (at[i] == readBlock || at[i] == readLeaf || at[i] == translated)
#define HAS_ENTRY(i) (HAS_LEAF(i) || at[i] == walkingLeaf)

inline empty_iotlb()
{
    large = none; small[0] = none; small[1] = none
}

active proctype Commands()
{
end:
    do
    :: atomic {
        queue?invalidate -> empty_iotlb(); pointer = 0;
        old[0] = old[0] || HAS_ENTRY(0);
        old[1] = old[1] || HAS_ENTRY(1) }
    :: atomic {
        queue?leaves -> empty_iotlb();
        old[0] = old[0] || HAS_LEAF(0);
        old[1] = old[1] || HAS_LEAF(1) }
    :: queue?wait -> atomic { !old[0] && !old[1] -> completed = 1 }
    od
}

inline flush(what)
{
    queue!what;
    queue!wait;
    atomic { completed -> completed = 0 }
}

inline clear(i)
{
    atomic { was = (D[i] -> dirty : clean); D[i] = 0 };
    if
    :: was == dirty -> recorded[i] = 1
    :: else
    fi
}

inline scan()
{
    clear(0);
    clear(1);
    was = none;
    flush(leaves);
    atomic {                                                                    /* the copy */
        stale[0] = stale[0] && !recorded[0]; recorded[0] = 0;
        stale[1] = stale[1] && !recorded[1]; recorded[1] = 0 }
}

#ifdef DROP_D
#define INHERITED 0
#else
#define INHERITED (was == dirty)
#endif

inline split()
{
    do
    :: was = block;
       D[0] = INHERITED;
       D[1] = INHERITED;
#ifdef PLAIN_STORE
       block = table;
       break
#else
       atomic {
           if
           :: block == was -> block = table; break
           :: else                                                              /* D was set meanwhile: once more */
           fi }
#endif
    od;
    was = none
}

active proctype Software()
{
    mtype was = none;
    byte round;
    split();
#ifndef FLUSH_NEVER
    flush(invalidate);
#endif
    do
    :: round < ROUNDS -> scan(); round++
    :: else -> break
    od;
    stopped = 1;
    at[0] == idle && at[1] == idle;
    scan();
    assert(!stale[0] && !stale[1])
}
