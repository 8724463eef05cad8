
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engagement', '0004_reports'),
    ]

    operations = [
        migrations.AddField(
            model_name='digestchoice',
            name='fence',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='digestchoice',
            name='last_error',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='digestchoice',
            name='lease_owner',
            field=models.CharField(blank=True, default='', max_length=80),
        ),
        migrations.AddField(
            model_name='digestchoice',
            name='lease_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='digestchoice',
            name='mailed',
            field=models.DateField(blank=True, help_text='the Monday of the week mailed last', null=True),
        ),
        migrations.AddField(
            model_name='digestchoice',
            name='next_action_at',
            field=models.DateTimeField(blank=True, db_index=True, null=True),
        ),
        migrations.AddField(
            model_name='digestchoice',
            name='tries',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
