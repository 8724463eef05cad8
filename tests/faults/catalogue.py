"""Every fault that must be covered, and the tests that inject it. ``test_catalogue`` holds this against the tests.

A fault is named as it was asked for. A test is named by file and function, from the folder ``tests``.
"""

from __future__ import annotations

from collections.abc import Mapping

A, S, L = "faults/test_answers.py::", "faults/test_steps.py::", "faults/test_limits.py::"
T, P, IN, C = (f"faults/test_{name}.py::" for name in ("tokens", "people", "input", "clock"))
SHIPPED = "faults/test_shipped.py::"
KILLED, FROZEN, AWAY, WORKER, BROKERS, POSTGRES = (
    f"faults/processes/test_{name}.py::"
    for name in ("killed", "frozen", "away", "worker", "brokers", "postgres")
)
FIRST = A + "test_lost_answer_to_the_first_post_makes_one_post"
MIDDLE = A + "test_lost_answer_in_the_middle_of_a_thread_makes_one_thread"
BLIND = A + "test_lost_answer_of_a_network_that_cannot_be_asked_is_left_to_a_person"
PUBLIC = SHIPPED + "test_lost_answer_to_the_public_call_makes_one_post"
LOST = (FIRST, MIDDLE, BLIND, PUBLIC)
EVERY_POINT = KILLED + "test_killed_at_every_point_of_a_thread_of_five"
CANARY = (
    T + "test_canary_is_never_written_down",
    T + "test_canary_in_the_refreshs_answer_and_error_is_never_written_down",
    T + "test_exception_on_the_wire_does_not_carry_the_token",
    SHIPPED + "test_token_in_a_refusal_is_not_written_down",
)

FAULTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Workers": {
        "killed after claim": (EVERY_POINT,),
        "killed after the intent's commit before the first byte": (EVERY_POINT,),
        "killed after the bytes before the answer": (
            KILLED + "test_killed_while_the_network_has_it_but_has_not_answered",
        ),
        "killed after the answer before the outcome's commit": (
            EVERY_POINT,
            KILLED + "test_real_worker_killed_in_a_thread_by_a_failpoint",
        ),
        "killed after the outcome": (EVERY_POINT,),
        "killed at every point of a five-part thread": (
            EVERY_POINT,
            KILLED + "test_killed_on_the_networks_that_stage",
        ),
        "frozen past its lease between intent and wire": (
            FROZEN + "test_frozen_between_intent_and_wire_lets_no_byte_out",
            FROZEN + "test_frozen_between_intent_and_wire_while_another_takes_over",
        ),
        "frozen past its lease after the bytes": (
            FROZEN + "test_frozen_after_the_bytes_writes_nothing_when_it_wakes_up",
        ),
        "all down for 20 min": (AWAY + "test_all_workers_down_for_twenty_minutes",),
        "all down for 9 h": (AWAY + "test_all_workers_down_for_nine_hours",),
        "poison payload": (WORKER + "test_poison_payload_harms_only_itself",),
        "TERM in mid-call": (WORKER + "test_term_in_the_middle_of_a_call_lets_it_end_and_write",),
        "full disk": (
            WORKER + "test_full_disk_before_the_intent_sends_nothing",
            WORKER + "test_full_disk_after_the_answer_is_looked_up",
        ),
        "two workers on one SQLite file": (WORKER + "test_two_workers_on_one_database",),
        "two versions side by side": (WORKER + "test_two_versions_side_by_side",),
    },
    "Broker": {
        "absent at start": (BROKERS + "test_absent_at_the_start",),
        "killed 10 s around a due time": (BROKERS + "test_killed_ten_seconds_around_the_due_time",),
        "comes back empty": (BROKERS + "test_emptied_all_the_time",),
        "repeats each message 50 times": (BROKERS + "test_repeats_each_message_fifty_times",),
        "half-open connection": (BROKERS + "test_half_open_connection",),
        "accepts but never delivers": (BROKERS + "test_accepts_but_never_delivers",),
        "foreign or broken messages": (
            BROKERS + "test_foreign_and_broken_messages",
            BROKERS + "test_garbage_in_the_queue",
        ),
    },
    "Database": {
        "restart at each failpoint": (POSTGRES + "test_crashes_at_each_point",),
        "cut during the intent's COMMIT": (POSTGRES + "test_cut_during_the_commit_of_an_intent",),
        "cut during the outcome's COMMIT": (POSTGRES + "test_cut_during_the_commit_of_an_outcome",),
        "away for 10 min": (POSTGRES + "test_away_around_the_due_time",),
        "locked": (POSTGRES + "test_locked_for_a_while",),
        "restored from an older copy": (POSTGRES + "test_restored_from_an_older_copy",),
    },
    "Clock": {
        "gap and fold": (C + "test_wall_time_in_gap_and_fold_goes_out_once_at_one_moment",),
        "zone rule changed": (C + "test_zone_whose_rules_change_moves_the_post_after_telling_its_owner",),
        "worker fast": (
            C + "test_worker_whose_clock_is_wrong_looks_when_the_database_says_so",
            C + "test_worker_that_is_a_day_fast_sends_nothing_early",
            POSTGRES + "test_worker_whose_clock_is_fast_works_by_the_databases",
            POSTGRES + "test_worker_whose_clock_is_far_off_claims_nothing",
        ),
        "database clock jumps": (
            C + "test_clock_that_jumps_ahead_while_in_doubt_does_not_double",
            C + "test_clock_that_jumps_past_the_grace_asks",
            POSTGRES + "test_database_clock_jumps_ahead_and_back",
        ),
        "steps back": (
            C + "test_clock_that_steps_back_before_the_post_sends_once_and_not_early",
            C + "test_clock_that_steps_back_while_in_doubt_does_not_double",
            C + "test_clock_that_steps_back_in_the_middle_of_a_thread",
            POSTGRES + "test_database_clock_steps_back_while_an_intent_is_open",
        ),
    },
    "Answers": {
        "time-out": LOST,
        "reset": LOST,
        "502/503/504 after success": LOST,
        "500 and not done": (FIRST, MIDDLE, BLIND),
        "HTML or cut JSON": LOST,
        "2xx without id": LOST,
        "request that lands 90 s late": (FIRST, MIDDLE, S + "test_every_part_may_be_lost_once"),
        "look-ups that lag": (A + "test_look_ups_that_lag_find_it_the_second_time",),
        "look-ups that page": (
            A + "test_look_ups_that_page_are_read_to_the_end",
            A + "test_look_up_whose_pages_never_end_never_counts_as_absent",
        ),
        "look-ups that fail": (
            A + "test_look_ups_that_fail_are_repeated_until_one_succeeds",
            A + "test_look_ups_that_fail_until_the_grace_is_over_leave_it_to_a_person",
            SHIPPED + "test_look_ups_that_fail_are_repeated",
        ),
        "the owner posted the same text by hand": (
            A + "test_owner_posted_the_same_by_hand_before_and_ours_arrived",
            A + "test_owner_posted_the_same_by_hand_meanwhile_and_ours_arrived_too",
            A + "test_owner_posted_the_same_by_hand_meanwhile_and_ours_did_not_arrive",
        ),
        "text altered by the network": (
            A + "test_text_that_the_network_altered_is_not_sent_again",
            A + "test_white_space_that_the_network_altered_is_still_found",
        ),
        "key replay answered 500": (A + "test_key_replay_that_is_answered_500_is_not_taken_for_a_no",),
        "key ignored": (A + "test_key_that_the_network_ignores_makes_no_double",),
        "duplicate refused (ours)": (A + "test_refused_as_a_duplicate_of_our_own_counts_as_arrived",),
        "duplicate refused (foreign)": (
            A + "test_refused_as_a_duplicate_of_a_foreign_post_asks",
            SHIPPED + "test_duplicate_of_a_foreign_post_asks",
        ),
        "DNS": (A + "test_name_that_cannot_be_resolved_is_tried_again",),
        "TLS": (A + "test_tls_that_cannot_be_agreed_on_is_tried_again",),
        "redirect on POST": (
            A + "test_redirect_on_post_is_not_followed",
            SHIPPED + "test_redirect_is_not_followed",
        ),
    },
    "Steps": {
        "upload cut": (
            S + "test_upload_that_is_cut_in_the_middle_is_made_again_whole",
            SHIPPED + "test_lost_answer_to_what_is_staged_is_repeated",
        ),
        "container pending": (
            S + "test_container_that_is_pending_is_waited_for",
            S + "test_container_that_stays_pending_asks_when_the_grace_is_over",
        ),
        "container failed": (S + "test_container_that_failed_is_told_with_its_reason",),
        "container expired": (
            S + "test_container_that_has_expired_is_made_again",
            S + "test_container_whose_handle_runs_out_before_the_due_time_is_made_again",
            S + "test_container_that_expired_is_not_made_again_while_its_post_is_in_doubt",
        ),
        '"error" though published': (
            S + "test_error_though_it_was_published_is_not_believed",
            SHIPPED + "test_instagram_that_says_error_of_what_is_out_is_not_believed",
        ),
        "part 3 of 5 refused": (
            S + "test_part_three_of_five_refused_waits_for_a_person_and_goes_on_there",
            S + "test_part_three_of_five_is_tried_until_the_grace_is_over",
        ),
        "parent deleted": (S + "test_parent_that_somebody_deleted_is_not_replaced",),
        "first comment fails": (
            S + "test_first_comment_that_is_refused_leaves_a_warning",
            S + "test_first_comment_whose_answer_is_lost_stands_once",
            S + "test_first_comment_that_cannot_be_asked_about_is_left_alone",
        ),
        "cancelled after staging": (S + "test_cancelled_after_staging_leaves_nothing_public",),
    },
    "Limits": {
        "Retry-After as seconds, date, nonsense": (
            L + "test_retry_after_is_obeyed_in_every_spelling",
            "channels/test_wire.py::test_retry_after_is_read_or_left_alone",
        ),
        "Retry-After beyond grace": (L + "test_retry_after_beyond_the_grace_asks_at_once",),
        "51st of 50": (L + "test_fifty_first_of_fifty_is_refused_when_it_is_planned",),
        "500 due in one second on one account": (L + "test_five_hundred_due_in_one_second_on_one_account",),
        "platform down for an hour": (
            L + "test_network_that_is_down_for_an_hour_makes_no_storm",
            L + "test_network_that_cannot_be_reached_for_an_hour_makes_no_storm",
        ),
        "metrics eating the quota": (L + "test_numbers_that_are_read_leave_a_reserve_for_posts",),
    },
    "Tokens": {
        "expire between preflight and T": (
            T + "test_token_that_ends_between_staging_and_the_due_time_is_renewed",
            T + "test_token_that_the_network_ends_early_is_renewed_on_its_refusal",
        ),
        "20 workers want a refresh": (T + "test_twenty_workers_that_want_a_new_token_refresh_once",),
        "killed after the refresh answer": (T + "test_killed_between_the_refreshs_answer_and_its_commit",),
        "revoked": (T + "test_access_that_was_revoked_asks_for_a_reconnect_and_warns",),
        "key missing": (T + "test_key_that_is_missing_asks_and_sends_nothing",),
        "key half rotated": (T + "test_keys_half_rotated_still_open_everything",),
        "ciphertext swapped": (T + "test_ciphertext_swapped_between_two_rows_is_refused",),
        "canary in error bodies": CANARY,
    },
    "People": {
        "double click": (
            P + "test_approved_twice_at_once_goes_out_once",
            P + "test_sent_now_twice_at_once_goes_out_once",
            P + "test_cancelled_twice_is_cancelled_once",
            P + "test_decided_twice_at_once_is_decided_once",
        ),
        "edit or cancel in the second of the claim": (
            P + "test_person_who_acts_between_claim_and_intent_wins",
            P + "test_person_who_acts_after_the_intent_is_told_that_it_is_being_sent",
            P + "test_cancelled_in_the_second_of_the_claim_is_one_or_the_other",
        ),
        "revoke after staging": (S + "test_revoked_after_staging_leaves_nothing_public",),
        "pause in mid-burst and release": (
            P + "test_paused_in_the_middle_of_a_burst_and_released_floods_nobody",
        ),
        "mailbox down": (P + "test_mailbox_that_is_down_loses_no_mail_and_no_notice",),
        "nobody reacts": (
            P + "test_decision_that_nobody_makes_is_brought_up_again",
            "publishing/test_reminders.py::test_nobody_looks_so_administrators_hear_of_it_once",
        ),
        "channel disconnected": (P + "test_channel_that_was_taken_away_before_the_time_asks",),
    },
    "Input": {
        "media URL to private addresses in every notation": (
            IN + "test_address_inside_is_refused_in_every_notation",
        ),
        "redirect": (IN + "test_redirect_to_the_inside_is_refused",),
        "rebinding": (
            IN + "test_name_that_changes_its_mind_is_asked_only_once",
            IN + "test_name_that_changes_its_mind_between_two_redirects_is_checked_again",
            IN + "test_name_with_one_public_and_one_private_address_is_refused",
        ),
        "slow drip": (IN + "test_slow_drip_ends_in_time", IN + "test_slow_drip_of_headers_ends_in_time"),
        "bombs": (
            IN + "test_bomb_is_not_unpacked",
            IN + "test_endless_body_is_cut_off",
            IN + "test_picture_that_would_fill_the_memory_is_refused",
        ),
        "media changed after approval": (IN + "test_file_that_was_changed_after_approval_is_not_sent",),
    },
}
