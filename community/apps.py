from datetime import timedelta

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "community"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from django.db.models.signals import post_migrate, post_save, pre_save

        from channels.signals import channel_connected, channel_told
        from cms.claims import outlets
        from cms.models import CampaignPage, Claim
        from community import answers, facts, history, moderation, pictures, pull, retention, search
        from community.models import Pull
        from media import cleaning
        from publishing import gates
        from publishing.domain import people
        from publishing.signals import failed, published
        from work import jobs, sources

        post_migrate.connect(search.ensure, sender=self, dispatch_uid="community.search")
        published.connect(pull.went_out, dispatch_uid="community.went_out")
        published.connect(answers.went_out, dispatch_uid="community.answered")
        published.connect(moderation.went_out, dispatch_uid="community.moderated")
        failed.connect(answers.did_not_go_out, dispatch_uid="community.not_answered")
        people.register_place(answers.place)
        pre_save.connect(facts.claim_about_to_be_saved, sender=Claim, dispatch_uid="community.fact_was")
        post_save.connect(facts.claim_saved, sender=Claim, dispatch_uid="community.fact_is")
        post_save.connect(pull.limit_saved, sender=CampaignPage, dispatch_uid="community.limit_saved")
        gates.register(facts.gate)
        outlets.provide(facts.provide)
        channel_connected.connect(pull.connected, dispatch_uid="community.connected")
        channel_told.connect(pull.heard, dispatch_uid="community.heard")
        sources.register(
            sources.Source("conversations", Pull, run=pull.run, patient=True, at_once=1, spare=True)
        )
        jobs.register("community.pulls", every=timedelta(hours=1), run=pull.ensure)
        jobs.register("community.retention", every=timedelta(days=1), run=retention.prune)

        from community import questions, report, signals, timing, triaging, waves

        signals.arrived.connect(triaging.arrived, dispatch_uid="community.triage")
        signals.arrived.connect(
            questions.arrived, dispatch_uid="community.questions"
        )  # knows the suggestions
        signals.settled.connect(timing.settled, dispatch_uid="community.due")
        report.register()
        cleaning.register_keeper("pictures of answers", pictures.kept)
        history.register()
        jobs.register("community.watch", every=timedelta(minutes=1), run=timing.watch)
        jobs.register("community.waves", every=timedelta(minutes=5), run=waves.watch)
