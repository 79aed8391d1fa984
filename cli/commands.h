/* Every command, defined in the file of its group. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command maker_new_command;
extern const struct command maker_certify_command;
extern const struct command maker_voucher_command;
extern const struct command maker_trust_command;
extern const struct command maker_keyset_command;
extern const struct command owner_keyset_command;
extern const struct command keyset_add_command;
extern const struct command keyset_list_command;
extern const struct command image_build_command;
extern const struct command image_sign_command;
extern const struct command image_show_command;
extern const struct command image_verify_command;
extern const struct command image_publish_command;
extern const struct command image_list_command;
extern const struct command image_delete_command;
extern const struct command board_new_command;
extern const struct command board_rescue_command;
extern const struct command board_run_command;
extern const struct command board_set_command;
extern const struct command board_show_command;
extern const struct command app_new_command;
extern const struct command app_load_command;
extern const struct command up_command;
extern const struct command voucher_add_command;
extern const struct command voucher_list_command;
extern const struct command release_add_command;
extern const struct command release_list_command;
extern const struct command failure_list_command;
extern const struct command failure_show_command;
extern const struct command rollout_start_command;
extern const struct command rollout_status_command;
extern const struct command rollout_pause_command;
extern const struct command rollout_resume_command;
extern const struct command rollout_abort_command;
extern const struct command rollout_show_command;
extern const struct command rollout_finish_command;
extern const struct command rollout_retry_command;
extern const struct command device_group_command;
extern const struct command group_list_command;
extern const struct command device_list_command;
extern const struct command device_show_command;
extern const struct command device_explain_command;
extern const struct command device_quarantine_command;
extern const struct command device_release_command;
extern const struct command alert_list_command;
extern const struct command refresh_start_command;
extern const struct command refresh_status_command;
extern const struct command refresh_abort_command;
extern const struct command operator_add_command;
extern const struct command operator_list_command;
extern const struct command status_command;
extern const struct command relay_command;

#endif
