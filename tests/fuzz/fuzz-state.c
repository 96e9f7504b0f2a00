/* fuzz-state.c - any bytes as a directory's state file: an error, or names within the directory that come back the same
 * when they are written. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/files/checkpoint-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char dir[64], path[100];
    if (dir[0] == 0) {
        strcpy(dir, "/dev/shm/leat-fuzz-XXXXXX");
        check(mkdtemp(dir) != NULL);
        snprintf(path, sizeof path, "%s/checkpoint", dir);
    }
    FILE *f = fopen(path, "wb");
    check(f != NULL && fwrite(bytes, 1, size, f) == size);
    fclose(f);
    leat_checkpoint_state s = {0}, again = {0};
    if (leat_checkpoint_state_read(&s, dir, LEAT_CHECKPOINT_STATE) == LEAT_OK) {
        check(leat_checkpoint_state_write(&s, dir) == LEAT_OK);
        check(leat_checkpoint_state_read(&again, dir, LEAT_CHECKPOINT_STATE) == LEAT_OK);
        check(strcmp(s.latest, again.latest) == 0 && strchr(s.latest, '/') == NULL && s.count == again.count);
        for (size_t i = 0; i < s.count; i++)
            check(strcmp(s.items[i].name, again.items[i].name) == 0 && strchr(s.items[i].name, '/') == NULL);
    } else {
        check(leat_message()[0] != 0);
    }
    leat_checkpoint_state_free(&s);
    leat_checkpoint_state_free(&again);
    return 0;
}
