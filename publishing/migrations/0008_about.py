from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0007_when_it_went_out'),
    ]

    operations = [
        migrations.AddField(
            model_name='publication',
            name='about',
            field=models.ForeignKey(blank=True, help_text='the post of ours that is changed or deleted by this', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mends', to='publishing.publication'),
        ),
    ]
