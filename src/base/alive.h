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

#endif
