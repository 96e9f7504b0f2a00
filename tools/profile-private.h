/* profile-private.h - the picture of `leat profile`: one file draws it, another says that this build has no pictures. */
#ifndef LEAT_TOOLS_PROFILE_PRIVATE_H
#define LEAT_TOOLS_PROFILE_PRIVATE_H

#include <stdbool.h>
#include "leat/profile.h"

typedef struct leat_profile_look {
    const char *title;
    bool dark;
    bool tables;
    double width; /* 0: as the drawing wants */
    const leat_machine *machine;
} leat_profile_look;

/* The run of median length, into a file whose suffix says the format. */
leat_status leat_profile_draw(const leat_profile *profile, const char *path,
                              const leat_profile_look *look) LEAT_MUST_CHECK;
/* Fails where the path's suffix is no picture's. */
leat_status leat_profile_check_picture(const char *path) LEAT_MUST_CHECK;

#endif
