/* leat.h - all of the library but the drawing (leat/viz.h). */
#ifndef LEAT_H
#define LEAT_H

#include "leat/status.h"
#include "leat/tensor.h"
#include "leat/graph.h"
#include "leat/build.h"
#include "leat/train.h"
#include "leat/profile.h"
#include "leat/session.h"
#include "leat/files.h"
#include "leat/saver.h"
#include "leat/summary.h"
#include "leat/layers.h"
#include "leat/fit.h"
#include "leat/cxx.h"
#include "leat/events.h"

#endif
