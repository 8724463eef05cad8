from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('media', '0009_content_of_what_is_there'),
    ]

    operations = [
        migrations.AddField(
            model_name='render',
            name='cover_sha256',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
    ]
