/* bundle-numbered.h - checkpoints that each have a number in all their values, for tests of what is left of one. */
#ifndef LEAT_BUNDLE_NUMBERED_H
#define LEAT_BUNDLE_NUMBERED_H

#include "engine/files/checkpoint-private.h"

/* DIR/NAME, in one of several static buffers. */
const char *in_dir(const char *dir, const char *name);

/* A directory in memory where there is such a file system: hundreds of saves sync their files. Removed by
 * remove_quick_dir, with the files in it. */
const char *quick_dir(void);
void remove_quick_dir(const char *dir);

/* Numbers, strings, a tensor in slices; the last data file of `shards` gets one too. */
leat_status save(const char *prefix, int n, int shards) LEAT_MUST_CHECK;
/* The same in one data file by way of two staged parts, DIR/part-0 and DIR/part-1, which are merged. */
leat_status save_merged(const char *prefix, int n) LEAT_MUST_CHECK;
#define PART "part-"
/* As a saver that keeps `keep`, and takes over what another one left. */
leat_status save_and_publish(const char *dir, const char *name, int n, size_t keep) LEAT_MUST_CHECK;
leat_status publish_number(const char *dir, const char *name, int n, size_t keep) LEAT_MUST_CHECK;
/* The number of a checkpoint, all of which is read; -1 where it is damaged. */
int number_of(const char *prefix);

#endif
