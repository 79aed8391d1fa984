/* The board of the update sweep: one with an old image and contact to a service that has a new one, under new keys. */
#ifndef TESTS_BOOT_SWEEP_BOARD_H
#define TESTS_BOOT_SWEEP_BOARD_H

#include "device/boards/host/host_board.h"
#include "formats/identity/identity.h"

struct sweep_cut {
    uint32_t operation;
    enum host_cut kind;
};

struct sweep_board {
    bool settled;     /* in the last start: the new image is confirmed, in both slots, and the old keys are dropped */
    bool was_settled; /* set by the caller: the old image must not come back */
    /* As last seen; they must not go back. Set back by the caller with the flash. */
    uint32_t floor;
    uint32_t app_generation;
    uint32_t control_generation;
    unsigned failure_count; /* the first one was printed */
    unsigned start_count;
};

extern struct sweep_board sweep_board;

/* A board from the factory, claimed if an app is to be updated, running the old image of the component. */
void sweep_board_make(enum component component, bool by_patch);
/* One start, as far as it gets, with everything that the agent and the ticks do in it; true if the power went. */
bool sweep_board_start(const struct sweep_cut *cut);
/* What stands in the flash: a header only before a whole image, and none below its floor. */
void sweep_board_check(void);
void sweep_board_expect_settled(void);
/* The update without a cut, to its end; prints what it erases in each region, and most often. */
void sweep_board_print_wear(void);

#endif
