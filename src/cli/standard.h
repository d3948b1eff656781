/* Standard input, output and error that may be closed. */
#ifndef LOCKSTEP_CLI_STANDARD_H
#define LOCKSTEP_CLI_STANDARD_H

/* Local, before anything is opened. Of descriptors 0 to 2 those that are closed become /dev/null, so that no file gets
 * their number and with it what is printed. They are opened the wrong way round, so that reading or writing them is the
 * error that it was: results that go nowhere are not taken for results. */
void standard_fill(void);

#endif
