/* profile-private.h - a profile as the plan's run sees it: rings to write to meanwhile, figures taken from its frame after. */
#ifndef LEAT_SCHEDULER_PROFILE_PRIVATE_H
#define LEAT_SCHEDULER_PROFILE_PRIVATE_H

#include "leat/profile.h"
#include "plan-parts-private.h"

/* Before a run: takes the profile for it, and makes room. Outside of what is measured. */
leat_status leat_profile_take(leat_profile *profile, leat_frame *frame) LEAT_MUST_CHECK;
leat_rings *leat_profile_rings(leat_profile *profile);
/* After it, before the frame is given back. A run that failed is not kept. */
leat_status leat_profile_give(leat_profile *profile, leat_frame *frame, bool keep,
                              bool serial) LEAT_MUST_CHECK;

#endif
