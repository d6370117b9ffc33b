import django.utils.timezone
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def note_who_waits(apps, _schema_editor):
    """Copy the age of the jobs that wait; the others do not."""
    job = apps.get_model("core", "Job")
    rows = apps.get_model("transcode", "VideoJob").objects
    rows.exclude(job__status="queued").update(waits_since=None)
    since = job.objects.filter(pk=OuterRef("job")).values("created_at")
    rows.filter(waits_since__isnull=False).update(waits_since=Subquery(since))


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0004_webhook"),
        ("transcode", "0003_live"),
    ]

    operations = [
        migrations.AddField(
            model_name="videojob",
            name="waits_since",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="Empty unless the job is queued.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="videojob",
            index=models.Index(
                condition=models.Q(("waits_since__isnull", False)),
                fields=["priority", "waits_since", "job"],
                name="video_job_urgent",
            ),
        ),
        migrations.RunPython(note_who_waits, migrations.RunPython.noop),
    ]
