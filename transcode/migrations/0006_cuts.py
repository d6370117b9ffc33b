from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery

HELP = "The video's cut when the job was last taken: what it is made of."


def count_cuts(apps, _schema_editor):
    """Say of what was there before an edit and after it which is which.

    Their masters are made again: some list both.
    """
    video, file, job = (
        apps.get_model("transcode", name) for name in ("Video", "VideoFile", "VideoJob")
    )
    edits = job.objects.filter(type="video-studio-transcoding", job__status="succeeded")
    for edit in edits.order_by("job__finished_at").select_related("job").iterator():
        video.objects.filter(pk=edit.video_id).update(cut=F("cut") + 1)
        after = file.objects.filter(video=edit.video_id, created_at__gte=edit.job.finished_at)
        after.update(cut=F("cut") + 1)
    edited = video.objects.filter(cut__gt=0)
    edited.update(master_revision=F("master_revision") + 1)
    present = video.objects.filter(pk=OuterRef("video")).values("cut")
    job.objects.filter(video__in=edited).update(cut=Subquery(present))


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0004_webhook"),
        ("transcode", "0005_runner_job_types"),
    ]

    operations = [
        migrations.AddField("video", "cut", models.PositiveIntegerField(default=0)),
        migrations.AddField("videofile", "cut", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "videojob", "cut", models.PositiveIntegerField(default=0, help_text=HELP)
        ),
        migrations.RunPython(count_cuts, migrations.RunPython.noop),
    ]
