/*
 * Reading and clearing D of one page on RISC-V: D is visible before the data of a write, but a write that was
 * translated is waited for only by an IOFENCE.C that asks for it (PW = 1).
 *
 *   (nothing)       record, clear D, IOTINVAL, IOFENCE.C with PW, copy   holds
 *   -DNO_PW         the same with PW = 0                                 loses a page
 *   -DEARLY_CENSUS  hardware that counts the writes PW waits for before
 *                   the walks that IOTINVAL met are over                 loses a page
 */
#define ACCESSES 2
#define ROUNDS   2

#ifdef NO_PW
#define PW 0
#else
#define PW 1
#endif

mtype = { none, clean, dirty };              /* what the IOATC has */
mtype = { idle, walking, read, translated }; /* how far an access is; read: it has the PTE in hand */
mtype = { iotinval, iofence };               /* commands */

mtype ioatc = none;
mtype at[ACCESSES] = idle;
bit old[ACCESSES];                           /* a walk that IOTINVAL met with the PTE in hand */
bit due[ACCESSES];                           /* a write that IOFENCE.C waits for */
bit D;                                       /* in memory */
bit stale;                                   /* the page differs from its copy */
bit recorded, stopped, completed;
chan queue = [2] of { mtype };

active [ACCESSES] proctype Access()
{
    bit seen, writes;
end:
    do
    :: atomic { at[_pid] == idle && !stopped && ioatc == dirty ->               /* a write that hits looks at no PTE */
        at[_pid] = translated }
    :: atomic { at[_pid] == idle && !stopped && ioatc != dirty ->               /* a clean entry is dropped by a write */
        ioatc = none; writes = 1; at[_pid] = walking }
    :: atomic { at[_pid] == idle && !stopped && ioatc == none ->                /* a read; one that hits does nothing */
        at[_pid] = walking }
    :: atomic { at[_pid] == walking ->
        seen = D; at[_pid] = read }
    :: atomic { at[_pid] == read && writes && !seen ->                          /* the whole PTE is compared, then set */
        if
        :: D == seen -> D = 1; seen = 1
        :: else -> seen = D; old[_pid] = 0                                      /* begins again at this PTE */
        fi }
    :: atomic { at[_pid] == read && (!writes || seen) ->
        if
        :: old[_pid]                                                            /* an old walk fills nothing */
        :: !old[_pid] && seen -> ioatc = dirty
        :: !old[_pid] && !seen -> ioatc = clean
        fi;
        if
        :: writes -> at[_pid] = translated
        :: else -> at[_pid] = idle
        fi;
        old[_pid] = 0; seen = 0; writes = 0 }
    :: atomic { at[_pid] == translated ->                                       /* the data land */
        stale = 1; due[_pid] = 0; at[_pid] = idle }
    od
}

active proctype Eviction()
{
end:
    do
    :: atomic { ioatc != none -> ioatc = none }
    od
}

inline walks_are_over()
{
    !old[0] && !old[1]
}

inline take_census()
{
    due[0] = PW && at[0] == translated;
    due[1] = PW && at[1] == translated
}

active proctype Commands()
{
end:
    do
    :: atomic {
        queue?iotinval -> ioatc = none;
        old[0] = at[0] == read;
        old[1] = at[1] == read }
#ifdef EARLY_CENSUS
    :: atomic { queue?iofence -> take_census() };
       walks_are_over();
#else
    :: queue?iofence ->                                                         /* earlier commands complete first */
       atomic { walks_are_over(); take_census() };
#endif
       atomic { !due[0] && !due[1] -> completed = 1 }
    od
}

inline harvest()
{
    atomic { was = D; D = 0 };
    if
    :: was -> atomic { recorded = 1; was = 0 }
    :: else
    fi;
    queue!iotinval;
    queue!iofence;
    atomic { completed -> completed = 0 };
    atomic { stale = stale && !recorded; recorded = 0 }                         /* the copy */
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
    at[0] == idle && at[1] == idle;
    harvest();
    assert(!stale)
}
