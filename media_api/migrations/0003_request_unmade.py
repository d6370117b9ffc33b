from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("media_api", "0002_client"),
    ]

    operations = [
        migrations.AddField(
            model_name='mediarequest',
            name='unmade',
            field=models.JSONField(default=dict),
        ),
    ]
