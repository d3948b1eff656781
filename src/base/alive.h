/* Long work that says that it goes on. Whoever lets others wait for such work, at a disk above all, sets who is told of
 * it; the work itself neither knows nor asks. Each thread has its own. */
#ifndef LS_BASE_ALIVE_H
#define LS_BASE_ALIVE_H

/* Called often: deciding whether that is worth a message is up to it. Must not do such work itself. */
typedef void (*ls_alive_function)(void *user);

/* Who is told from here on; NULL: nobody. */
void ls_alive_set(ls_alive_function function, void *user);

/* To be called after each piece of work that a slow disk draws out, some MiB or less. */
void ls_alive(void);

/* A call of the system may stand still for as long and not be hanging; what lasts longer is not told of any more. */
#define LS_ALIVE_LONGEST 300.0 /* s */

/* Does work that has no pieces, a single call of the system: where somebody is told, on another thread, while this one
 * tells. `call` keeps to itself what it finds, errno as well; messages (ls_fail) are this thread's to make. */
void ls_alive_during(void (*call)(void *user), void *user);

#endif
