from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0016_every_closing'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='speaker',
            field=models.BigIntegerField(
                blank=True,
                help_text='once its author is forgotten here: the first message of the same person',
                null=True,
            ),
        ),
    ]
