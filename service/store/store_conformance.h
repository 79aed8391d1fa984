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

/* store_conformance_updates.c, each inside a transaction of an empty store. */
void store_images_are_found_by_release(struct store *store);
void store_one_rollout_of_a_component_is_open(struct store *store);
void store_targets_are_counted(struct store *store);
void store_rollouts_of_groups_do_not_overlap(struct store *store);
void store_device_is_in_one_group(struct store *store);
void store_reports_are_kept_and_counted(struct store *store);
void store_newest_key_set_is_kept(struct store *store);

/* store_conformance_refresh.c, likewise. */
void store_revocations_are_kept(struct store *store);
void store_refresh_targets_are_taken_once(struct store *store);
void store_refresh_stages_are_kept(struct store *store);

/* store_conformance_failures.c, likewise. */
void store_failures_are_grouped_and_filtered(struct store *store);
void store_failures_of_a_device_are_bounded(struct store *store);
void store_symbols_are_looked_up_once(struct store *store);

#endif
