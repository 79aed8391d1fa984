/* What every backend must do. A backend's own test gives the location of a new, empty store and runs these. */
#ifndef SERVICE_STORE_STORE_CONFORMANCE_H
#define SERVICE_STORE_STORE_CONFORMANCE_H

/* Gives the location of a store that does not exist yet; called once for each test. */
typedef const char *store_conformance_location(void);

/* Runs the suite; the number of failed tests. */
int store_conformance_run(store_conformance_location *location);

/* The tests of store_conformance_writers.c: two writers on one store. */
void store_two_writers_conflict(const char *location);
void store_two_processes_lose_no_update(const char *location);
void store_killed_writer_leaves_whole_commits(const char *location);

struct store;

/* Tests in files of their own, each inside a transaction of an empty store. */
#define STORE_CONFORMANCE_PARTS(X)         \
    /* store_conformance_updates.c */      \
    X(images_are_found_by_release)         \
    X(one_rollout_of_a_component_is_open)  \
    X(targets_are_counted)                 \
    X(rollouts_of_groups_do_not_overlap)   \
    X(device_is_in_one_group)              \
    X(reports_are_kept_and_counted)        \
    X(newest_key_set_is_kept)              \
    /* store_conformance_refresh.c */      \
    X(revocations_are_kept)                \
    X(refresh_targets_are_taken_once)      \
    X(refresh_stages_are_kept)             \
    X(alerts_are_kept_once_a_rule)         \
    /* store_conformance_failures.c */     \
    X(failures_are_grouped_and_filtered)   \
    X(failures_of_a_device_are_bounded)    \
    X(symbols_are_looked_up_once)

#define STORE_CONFORMANCE_DECLARE(name) void store_##name(struct store *store);
STORE_CONFORMANCE_PARTS(STORE_CONFORMANCE_DECLARE)

#endif
