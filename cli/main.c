#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ensure.h"
#include "cli/commands.h"

void ensure_failed(const char *file, uint32_t line)
{
    fprintf(stderr, "sopris: a bug, please report it: %s line %u\n", file, (unsigned int)line);
    abort();
}

const struct command *const command_list[] = {
    &maker_new_command,     &maker_certify_command, &maker_voucher_command, &maker_trust_command,
    &maker_keyset_command,  &owner_keyset_command,  &keyset_add_command,    &keyset_list_command,
    &image_build_command,   &image_sign_command,    &image_show_command,    &image_verify_command,  &image_publish_command,
    &image_list_command,    &image_delete_command,
    &board_new_command,
    &board_rescue_command,  &board_run_command,     &board_set_command,     &board_show_command,    &app_new_command,
    &app_load_command,      &up_command,            &voucher_add_command,
    &voucher_list_command,  &release_add_command,   &release_list_command,  &rollout_start_command,
    &rollout_status_command, &rollout_pause_command, &rollout_resume_command, &rollout_abort_command,
    &rollout_show_command, &rollout_finish_command, &rollout_retry_command, &device_group_command, &group_list_command,
    &device_list_command,   &failure_list_command,  &failure_show_command,
    &device_show_command,   &device_explain_command, &operator_add_command, &operator_list_command,
    &device_quarantine_command, &device_release_command, &refresh_start_command, &refresh_status_command,
    &refresh_abort_command, &alert_list_command,
    &status_command,        &relay_command,
};
const size_t command_list_count = sizeof command_list / sizeof command_list[0];

int main(int argument_count, char **arguments)
{
    struct outcome outcome = command_run(argument_count - 1, arguments + 1);
    if (fflush(stdout) != 0 && outcome_is_ok(outcome)) {
        outcome = outcome_errno("the output cannot be written");
    }
    return (int)outcome.exit_code;
}
